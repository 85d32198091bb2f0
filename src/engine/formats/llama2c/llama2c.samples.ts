/** llama2.c files for tests, byte by byte as export.py and tokenizer.py write them. */

export interface SampleModel {
  /** dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size (negative: untied in the legacy layout), seq_len. */
  readonly sizes: readonly [number, number, number, number, number, number, number];
  readonly version?: number;
  readonly isTied?: boolean;
}

export const TINY: SampleModel = { sizes: [4, 6, 2, 2, 1, 5, 3] };

/** Values count up by one from the first weight on. */
export function sampleModel({ sizes, version = 0, isTied = true }: SampleModel): Uint8Array<ArrayBuffer> {
  const [dim, hidden, layers, heads, kvHeads, vocab, length] = sizes;
  const kvDim = (dim / heads) * kvHeads;
  const perLayer = 2 * dim + 2 * dim * dim + 2 * kvDim * dim + 3 * dim * hidden;
  const frequencies = version === 0 ? length * (dim / heads) : 0;
  const output = (version === 0 ? vocab < 0 : !isTied) ? Math.abs(vocab) * dim : 0;
  const count = Math.abs(vocab) * dim + layers * perLayer + dim + frequencies + output;
  const headerBytes = version === 0 ? 28 : 256;
  const view = new DataView(new ArrayBuffer(headerBytes + count * 4));
  const header = version === 0 ? sizes : [0x616b3432, version, ...sizes];
  header.forEach((value, i) => view.setInt32(i * 4, value, true));
  if (version !== 0) view.setUint8(36, isTied ? 1 : 0);
  for (let i = 0; i < count; i++) view.setFloat32(headerBytes + i * 4, i, true);
  return new Uint8Array(view.buffer);
}

export type SampleToken = readonly [text: string, score: number];

const BYTES = Array.from({ length: 256 }, (_, byte): SampleToken => [
  `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  0,
]);

/** Joins "th", then " th", then " the". */
export const TOKENS: readonly SampleToken[] = [
  ["<unk>", 0],
  ["\n<s>\n", 0],
  ["\n</s>\n", 0],
  ...BYTES,
  ["th", -1],
  [" th", -2],
  [" the", -3],
  ...[..." the"].map((char, i): SampleToken => [char, -4 - i]),
];

export function sampleVocabulary(
  tokens: readonly SampleToken[] = TOKENS,
  longest?: number,
): Uint8Array<ArrayBuffer> {
  const texts = tokens.map(([text]) => new TextEncoder().encode(text));
  const out = new Uint8Array(4 + texts.reduce((sum, { length }) => sum + 8 + length, 0));
  const view = new DataView(out.buffer);
  view.setInt32(0, longest ?? Math.max(...texts.map(({ length }) => length)), true);
  let at = 4;
  texts.forEach((text, id) => {
    view.setFloat32(at, tokens[id]?.[1] ?? 0, true);
    view.setInt32(at + 4, text.length, true);
    out.set(text, at + 8);
    at += 8 + text.length;
  });
  return out;
}
