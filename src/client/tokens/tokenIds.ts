/** Token ids typed by hand, for models that came without a tokenizer; and whether texts begin with BOS. */
import type { EngineApi } from "../../protocol/api";

/** The model's own rule, which holds unless somebody says otherwise. */
export async function beginsWithBos(engine: Pick<EngineApi, "tokenizeChain">): Promise<boolean> {
  const nothing = { prompt: "", steps: [], answerPrefix: "", answer: "" };
  return (await engine.tokenizeChain(nothing)).prompt.length > 0;
}

export function looksLikeTokenIds(text: string): boolean {
  return /^[\d\s,]*$/.test(text);
}

/** Ids separated by spaces or commas; anything else, or an id past the vocabulary, is refused in a sentence. */
export function parseTokenIds(text: string, dVocab: number): number[] {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const bad = words.find((word) => !/^\d+$/.test(word) || Number(word) >= dVocab);
  if (bad === undefined) return words.map(Number);
  throw new Error(`“${bad}” is no token id: this model has no tokenizer, type ids from 0 to ${dVocab - 1}.`);
}
