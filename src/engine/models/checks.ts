/** Checks of what is asked of a model, for methods that share them; each refuses with one sentence that a page shows. */
import { refuse } from "../../protocol/errors";
import type { ModelConfig } from "./architecture";
import { vocabOut } from "./sizes";

/** A whole number from 0 to `end` - 1. */
export function isBelow(value: number, end: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < end;
}

export function checkPrompt(tokens: readonly number[]): void {
  if (tokens.length === 0) refuse("The prompt is empty; give the model at least one token to read.");
}

/** Ids that the model reads. */
export function checkIds(tokens: readonly number[], dVocab: number): void {
  const bad = tokens.find((token) => !isBelow(token, dVocab));
  if (bad !== undefined) refuse(`token id ${bad} is not one of this model's ids, 0 to ${dVocab - 1}`);
}

/** Ids that the model predicts. */
export function checkTargets(tokens: readonly number[], config: ModelConfig): void {
  const count = vocabOut(config);
  const bad = tokens.find((token) => !isBelow(token, count));
  if (bad !== undefined) refuse(`Token ${bad} was asked; this model predicts ids 0 to ${count - 1}.`);
}

/** Of a prompt of `length` tokens. */
export function checkPositions(positions: readonly number[], length: number): void {
  const bad = positions.find((position) => !isBelow(position, length));
  if (bad !== undefined) refuse(`Position ${bad} was asked; the prompt has positions 0 to ${length - 1}.`);
}

export function checkLatent(latent: number, nLatents: number): void {
  if (!isBelow(latent, nLatents))
    refuse(`Latent ${latent} was asked; this autoencoder has latents 0 to ${nLatents - 1}.`);
}

/** How long a list of the most extreme ones may get. */
export function checkK(k: number, of = "token"): void {
  if (!isBelow(k - 1, Infinity)) refuse(`k is ${k}; ask for at least one ${of}.`);
}

/** `what` as the page calls it. */
export function checkCount(what: string, count: number): void {
  if (!isBelow(count - 1, Infinity)) refuse(`${what} is ${count}; give at least 1`);
}

export function checkSampling({
  temperature,
  topP,
}: {
  readonly temperature: number;
  readonly topP: number;
}): void {
  if (!(temperature >= 0 && temperature <= 100))
    refuse(`temperature is ${temperature}; give a number from 0 to 100`);
  if (!(topP > 0 && topP <= 1)) refuse(`top-p is ${topP}; give a number above 0 and up to 1`);
}
