/**
 * log p of every token of a chain's steps, cue and answer, collected on the way through the trie.
 *
 * Targets are always the original tokens. The first token of a step follows whatever stands before it: the last token
 * that was computed (under a mask the last one that is seen). The others follow the step's own tokens, which are
 * present there even in coalitions without the step: what a step does to itself is not asked. So a token's log p
 * depends on the steps before its own alone, and is computed once for all coalitions that agree on those.
 */
import type { ChainTokens } from "../../../protocol/chain";
import type { ForwardRequest } from "../pass/forwardPass";

type ScoreRequest = NonNullable<ForwardRequest["score"]>[number];

/** log p of the first token of each later part, after one prefix: by step, the cue last. NaN until it is read. */
export type FirstTokens = Float64Array;

/** What one prefix says about the tokens of a step. */
export interface StepScores {
  readonly before: FirstTokens;
  /** Of the step's tokens but the first. */
  readonly rest: Float64Array;
}

/** Score asks of one segment, and where their answers go. */
export interface SegmentScores {
  readonly asks: readonly ScoreRequest[];
  take(scores: Float32Array): void;
}

/** How many tokens a chain has after its prompt. */
export function chainLength({ steps, answerPrefix, answer }: ChainTokens): number {
  return [...steps, answerPrefix, answer].reduce((sum, { length }) => sum + length, 0);
}

/** Asks a segment's last token for the first tokens of the parts after `step` (-1: the prompt) up to `reach`. */
export function askFirsts(
  chain: ChainTokens,
  segment: number,
  index: number,
  step: number,
  reach: number,
): SegmentScores & { readonly firsts: FirstTokens } {
  const firsts = new Float64Array(chain.steps.length + 1).fill(NaN);
  const parts = [...chain.steps, chain.answerPrefix];
  const asked = parts.flatMap(([target], part) =>
    target !== undefined && part > step && part <= reach ? [{ part, target }] : [],
  );
  return {
    firsts,
    asks: asked.map(({ target }) => ({ segment, index, target })),
    take: (scores) => asked.forEach(({ part }, i) => (firsts[part] = scores[i] ?? NaN)),
  };
}

/** Room for the scores of a step's tokens but the first. */
export function restOf(step: readonly number[]): Float64Array {
  return new Float64Array(Math.max(0, step.length - 1)).fill(NaN);
}

/** Asks a segment that reads a step (or symbols in its place) for the step's tokens but the first. */
export function askRest(step: readonly number[], segment: number, rest: Float64Array): SegmentScores {
  return {
    asks: step.slice(1).map((target, index) => ({ segment, index, target })),
    take: (scores) => rest.set(scores),
  };
}

/** All of a coalition's tokens in order: those of the steps, the cue's and the answer's. */
export function joinScores(
  chain: ChainTokens,
  steps: readonly StepScores[],
  cue: StepScores,
  answer: readonly number[],
): Float64Array {
  const joined = new Float64Array(chainLength(chain));
  let at = 0;
  [...chain.steps, chain.answerPrefix].forEach(({ length }, part) => {
    const scores = part < steps.length ? steps[part] : cue;
    if (length === 0 || scores === undefined) return;
    joined[at] = scores.before[part] ?? NaN;
    joined.set(scores.rest, at + 1);
    at += length;
  });
  joined.set(answer, at);
  return joined;
}
