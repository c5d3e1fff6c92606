import fc from 'fast-check';

/** Texts that stores have been known to lose, cut short or change. */
export const ODD_TEXTS: readonly string[] = [
  'Grüße, 東京, שלום, Ελλάδα',
  '\u{1F355}\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u{1F3F4}\u{E0067}\u{E0062}',
  'combined: e\u0301, composed: \u00E9, ligature: \uFB01',
  'controls: \u0001\u0007\u0008\u001B\u007F\u0085\u2028\u2029\uFEFF\uFFFF',
  'white space: \t\r\n  ends with three   ',
  'quotes: \' " ` \\ \\u0041 %00 $(x) {{x}} <b>&amp;',
  "Robert'); DROP TABLE orders; --",
  '__proto__',
  'null',
  '1e3',
  'x'.repeat(500),
];

/** Any text but U+0000, which not every store can keep. */
export const oddText: fc.Arbitrary<string> = fc
  .oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  .map((text) => text.replaceAll('\0', ''));
