/**
 * What one reading of the answer is worth, in each of the contract's kinds (protocol/chain.ts). All are
 * teacher-forced: they are read off one pass over the reference answer, and for `expected` over each possible answer.
 */
import type { ChainGameRequest, ChainValue } from "../../../protocol/chain";
import { refuse } from "../../../protocol/errors";
import type { TopTokens } from "../../../protocol/run";

export type PossibleAnswers = NonNullable<ChainGameRequest["answers"]>;

export interface AnswerReading {
  /** log p of each token of the reference answer, nats. */
  readonly logProbs: readonly number[];
  /** The most probable tokens at the first answer position; for `argmax` at every answer position. */
  readonly tops: readonly TopTokens[];
  /** log p of each possible answer, nats; for `expected`. */
  readonly possible: readonly number[];
}

/** How many of the most probable tokens a value needs, and at how many answer positions. */
export function topNeeded(value: ChainValue, answerLength: number): { k: number; positions: number } {
  if (value === "margin") return { k: 2, positions: 1 };
  return value === "argmax" ? { k: 1, positions: answerLength } : { k: 0, positions: 0 };
}

export function chainValue(
  value: ChainValue,
  reading: AnswerReading,
  answer: readonly number[],
  answers: PossibleAnswers = [],
): number {
  const logProb = reading.logProbs.reduce((sum, one) => sum + one, 0);
  switch (value) {
    case "logProb":
      return logProb;
    case "probability":
      return Math.exp(logProb);
    case "margin":
      return marginOf(reading, answer);
    case "argmax":
      return answer.every((token, i) => reading.tops[i]?.ids[0] === token) ? 1 : 0;
    case "expected":
      return expectedNumber(reading.possible, answers);
  }
}

/** A difference of logits is a difference of log-probabilities: what normalises them is the same. */
function marginOf({ logProbs, tops: [top] }: AnswerReading, answer: readonly number[]): number {
  const rival = top ? [...top.ids].findIndex((id) => id !== answer[0]) : -1;
  return (logProbs[0] ?? NaN) - (top?.logProbs[rival] ?? NaN);
}

/** Relative to the most probable answer, so that improbable ones do not all become 0. */
function expectedNumber(logProbs: readonly number[], answers: PossibleAnswers): number {
  const most = Math.max(...logProbs);
  const weights = logProbs.map((logProb) => Math.exp(logProb - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return answers.reduce((sum, { number }, i) => sum + (weights[i] ?? 0) * number, 0) / total;
}

/** Refuses a value that is not defined for what was asked. */
export function checkValue(value: ChainValue, answers: PossibleAnswers = []): void {
  if (value !== "expected") return;
  if (answers.length === 0) refuse("The expected answer needs a set of possible answers; name at least one.");
  const empty = answers.find(({ tokens }) => tokens.length === 0);
  if (empty) {
    refuse(
      `The possible answer that stands for ${empty.number} has no token of its own: it is empty, or it shares its token with the text before it; put a space before it, or change the cue.`,
    );
  }
  const bad = answers.find(({ number }) => !Number.isFinite(number));
  if (bad) refuse(`A possible answer stands for ${bad.number}; give each a number.`);
}
