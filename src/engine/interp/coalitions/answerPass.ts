/**
 * Reads the answer at the end of branches of the trie: one pass over the cue and the reference answer, and where
 * possible answers have several tokens one more over those.
 *
 *   1. after each branch: the cue's tokens and the answer's but the last
 *   2. scored: the answer's tokens, the first tokens of possible answers, and if asked the cue's tokens
 *   3. the further tokens of possible answers follow the cue in passes of their own, as wide as the first
 */
import type { ChainTokens, ChainValue } from "../../../protocol/chain";
import type { TopTokens } from "../../../protocol/run";
import type { Model } from "../../models/model";
import type { KeyValueCache } from "../../ops/keyValueCache";
import type { ChainEdits } from "./chainEdits";
import { topNeeded, type AnswerReading, type PossibleAnswers } from "./chainValue";
import { pieces, readForward, readForwards, recordForward, type PendingForward } from "../pass/forwardPass";
import type { RowContext, Segment } from "../batch/rowContext";

export interface AnswerRequest {
  readonly chain: ChainTokens;
  /** Most probable first answer tokens; 0 for none. */
  readonly topK: number;
  readonly value: ChainValue;
  readonly answers: PossibleAnswers;
  /** Whether log p of the chain's tokens is wanted, too. */
  readonly tokenScores: boolean;
}

/** Where an answer begins. */
export interface AnswerBranch {
  readonly context: RowContext;
  /** The cue as it is read there. */
  readonly prefix: readonly number[];
  /** Of the cue's tokens those that stand in for its own. */
  readonly standIns?: readonly boolean[];
}

export interface BranchAnswer extends AnswerReading {
  /** log p of the cue's tokens but the first. */
  readonly cue: Float64Array;
  readonly top: TopTokens;
}

export const NO_TOP: TopTokens = { ids: new Uint32Array(), logProbs: new Float32Array() };

/** Slots of the cache that one branch's answer takes at most. */
export function answerSlots({ answerPrefix, answer }: ChainTokens, answers: PossibleAnswers = []): number {
  const longest = Math.max(1, ...answers.map(({ tokens }) => tokens.length));
  return answerPrefix.length + answer.length + longest;
}

export async function readAnswers(
  model: Model,
  cache: KeyValueCache,
  ask: AnswerRequest,
  branches: readonly AnswerBranch[],
  /** Passes recorded before that nobody has read yet; they are read along. */
  before: readonly PendingForward[],
  edits?: ChainEdits,
): Promise<{ answers: BranchAnswer[]; earlier: Float32Array[]; evaluatedTokens: number }> {
  const { chain, answers: possible } = ask;
  const { answer, answerPrefix } = chain;
  const targets = answerTargets(ask);
  const top = answerTops(ask);
  const segments = branches.map(({ context, prefix, standIns }) =>
    segmentAt(chain, edits, context, [...prefix, ...answer.slice(0, -1)], 0, standIns),
  );
  const pass = recordForward(model, cache, segments, {
    score: segments.flatMap((_, segment) => targets.map((target) => ({ segment, ...target }))),
    top: {
      places: segments.flatMap((_, segment) => top.indices.map((index) => ({ segment, index }))),
      k: top.k,
    },
  });
  try {
    const results = await readForwards(model, [...before, pass]);
    const result = results.at(-1);
    const afterCue = branches.map(({ prefix }, i) => pass.contextAfter(i, prefix.length));
    const tails = await readTails(model, cache, possible, afterCue, (context, tokens) =>
      segmentAt(chain, edits, context, tokens, answerPrefix.length),
    );
    return {
      earlier: results.slice(0, -1).map(({ scores }) => scores),
      evaluatedTokens: pass.taken.length + tails.evaluatedTokens,
      answers: branches.map((_, branch) => {
        const stretch = (width: number) => [branch * width, (branch + 1) * width] as const;
        const scores = result?.scores.subarray(...stretch(targets.length)) ?? new Float32Array(0);
        const tops = result?.top.slice(...stretch(top.indices.length)) ?? [];
        return branchAnswer(ask, scores, tops, tails.logProbs[branch] ?? []);
      }),
    };
  } finally {
    cache.giveBack(pass.taken);
  }
}

interface Target {
  /** In a branch's segment: the token that predicts it. */
  readonly index: number;
  readonly target: number;
}

/** What is scored in every branch: the answer's tokens, the first ones of possible answers, and if asked the cue's. */
function answerTargets({ chain, answers, tokenScores }: AnswerRequest): Target[] {
  const { answer, answerPrefix } = chain;
  const first = answerPrefix.length - 1;
  return [
    ...answer.map((target, i) => ({ index: first + i, target })),
    ...answers.map(({ tokens }) => ({ index: first, target: tokens[0] ?? 0 })),
    ...(tokenScores ? answerPrefix.slice(1).map((target, index) => ({ index, target })) : []),
  ];
}

/** Where in a branch's segment the most probable tokens are wanted, and how many of them. */
function answerTops({ chain, topK, value }: AnswerRequest): {
  readonly indices: number[];
  readonly k: number;
} {
  const needed = topNeeded(value, chain.answer.length);
  const positions = Math.max(topK > 0 ? 1 : 0, needed.positions);
  const first = chain.answerPrefix.length - 1;
  return { indices: Array.from({ length: positions }, (_, i) => first + i), k: Math.max(topK, needed.k) };
}

/** `scores`: of the branch's targets; `tails`: what the further tokens of possible answers add. */
function branchAnswer(
  { chain: { answer }, topK, answers: possible }: AnswerRequest,
  scores: Float32Array,
  tops: readonly TopTokens[],
  tails: readonly number[],
): BranchAnswer {
  const [top = NO_TOP] = tops;
  return {
    logProbs: [...scores.slice(0, answer.length)],
    possible: possible.map((_, i) => (scores[answer.length + i] ?? NaN) + (tails[i] ?? 0)),
    cue: Float64Array.from(scores.slice(answer.length + possible.length)),
    tops,
    top: { ids: top.ids.slice(0, topK), logProbs: top.logProbs.slice(0, topK) },
  };
}

/** Tokens from the cue on; `first`: how many of cue and answer stand before them. */
function segmentAt(
  { steps }: ChainTokens,
  edits: ChainEdits | undefined,
  context: RowContext,
  tokens: readonly number[],
  first = 0,
  standIns?: readonly boolean[],
): Segment {
  const text = { tokens, ...(standIns && { standIns }) };
  return edits ? edits.segment(steps.length, context, text, first) : { context, tokens };
}

/** [branch][answer]: log p of the answer's tokens but the first. */
async function readTails(
  model: Model,
  cache: KeyValueCache,
  possible: PossibleAnswers,
  contexts: readonly RowContext[],
  segment: (context: RowContext, tokens: readonly number[]) => Segment,
): Promise<{ logProbs: number[][]; evaluatedTokens: number }> {
  const logProbs = contexts.map(() => possible.map(() => 0));
  const rows = possible.flatMap(({ tokens }, answer) =>
    tokens.length > 1 ? contexts.map((context, branch) => ({ context, branch, answer, tokens })) : [],
  );
  let evaluatedTokens = 0;
  for (const batch of pieces(rows, contexts.length)) {
    const pass = recordForward(
      model,
      cache,
      batch.map(({ context, tokens }) => segment(context, tokens.slice(0, -1))),
      {
        score: batch.flatMap(({ tokens }, segment) =>
          tokens.slice(1).map((target, index) => ({ segment, index, target })),
        ),
      },
    );
    evaluatedTokens += pass.taken.length;
    const { scores } = await readForward(model, pass);
    cache.giveBack(pass.taken);
    let at = 0;
    for (const { branch, answer, tokens } of batch) {
      const own = scores.subarray(at, (at += tokens.length - 1));
      const line = logProbs[branch];
      if (line) line[answer] = own.reduce((sum, one) => sum + one, 0);
    }
  }
  return { logProbs, evaluatedTokens };
}
