import fc from 'fast-check';

/** Texts that look like `genuine` in part or not at all, and are not. */
export function tamperedCursors(genuine: string): fc.Arbitrary<string> {
  const index = fc.nat(genuine.length - 1);
  const character = fc.oneof(fc.constantFrom(...'AQgw09-_=+/. \n'), fc.string({ minLength: 1, maxLength: 1 }));
  return fc
    .oneof(
      fc.tuple(index, character).map(([at, other]) => genuine.slice(0, at) + other + genuine.slice(at + 1)),
      fc.tuple(index, character).map(([at, other]) => genuine.slice(0, at) + other + genuine.slice(at)),
      index.map((at) => genuine.slice(0, at)),
      index.map((at) => genuine.slice(at + 1)),
      character.map((other) => genuine + other),
      fc.string({ unit: 'binary' }),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.constantFrom('', 'null', 'undefined', '0', genuine.toUpperCase(), genuine.repeat(2), ` ${genuine}`),
    )
    .filter((cursor) => cursor !== genuine);
}
