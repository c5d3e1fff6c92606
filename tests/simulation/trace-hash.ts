/** A running hash (FNV-1a over 32-bit words, in two lanes) of everything that happens in a history. */
export interface TraceHash {
  add(word: number): void;
  addText(text: string): void;
  /** 16 hexadecimal digits. */
  digest(): string;
}

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

export function traceHash(): TraceHash {
  let low = OFFSET;
  let high = 0x9747b28c;
  function add(word: number): void {
    low = Math.imul(low ^ word, PRIME);
    high = Math.imul(high ^ (word + (low >>> 13)), PRIME);
  }
  return {
    add,
    addText: (text) => add(wordOf(text)),
    digest: () => hex(high) + hex(low),
  };
}

const words = new Map<string, number>();

/** The same few texts come again and again. */
function wordOf(text: string): number {
  const known = words.get(text);
  if (known !== undefined) return known;
  let word = OFFSET;
  for (let index = 0; index < text.length; index += 1) word = Math.imul(word ^ text.charCodeAt(index), PRIME);
  if (words.size < MOST_WORDS) words.set(text, word);
  return word;
}

const MOST_WORDS = 10_000;

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0');
}
