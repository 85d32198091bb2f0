/**
 * The token that stands for "nothing in particular" when N2G leaves a token out. OpenAI's code uses GPT-2's " _" (4808): an
 * ordinary token that says little. A model whose tokenizer has neither that nor "_" as one token gets its padding token,
 * which it may never have seen in training, and without one the end of a text.
 */
export interface PadSource {
  /** Ids of a text, without special tokens. */
  encode(text: string): readonly number[];
  readonly unkId?: number;
  readonly padId?: number;
  readonly eosId?: number;
}

export function defaultPadToken({ encode, unkId, padId, eosId }: PadSource): number {
  for (const text of [" _", "_"]) {
    const [id, ...more] = encode(text);
    if (id !== undefined && more.length === 0 && id !== unkId) return id;
  }
  return padId ?? eosId ?? 0;
}
