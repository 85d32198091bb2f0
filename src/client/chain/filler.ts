/**
 * The filler that takes the place of an absent step's tokens in "replace": exactly one ordinary token of the model, as
 * the text reads in the middle of another.
 */
import type { EngineApi } from "../../protocol/api";

export interface Filler {
  readonly text: string;
  readonly id: number;
}

/** What says as little as possible, best first. */
const CANDIDATES = ["_", " _", ".", " .", " the", " a"];

/** The filler that `text` is; an error says why it is none. */
export async function readFiller(engine: Pick<EngineApi, "tokenizeInside">, text: string): Promise<Filler> {
  const tokens = await engine.tokenizeInside(text);
  const [token] = tokens;
  if (!token || tokens.length > 1)
    throw new Error(`The filler must be exactly one token; “${text}” is ${tokens.length}.`);
  if (token.special) throw new Error(`The filler must be an ordinary token; “${text}” is ${token.text}.`);
  return { text, id: token.id };
}

/** The first candidate that is one token of this model. */
export async function findFiller(engine: Pick<EngineApi, "tokenizeInside">): Promise<Filler | undefined> {
  for (const text of CANDIDATES) {
    const filler = await readFiller(engine, text).catch(() => undefined);
    if (filler) return filler;
  }
  return undefined;
}
