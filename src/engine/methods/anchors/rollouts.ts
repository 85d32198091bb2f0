/**
 * Rollouts of a chain from each of its steps.
 *
 *   1. prompt and steps are read once; every starting point is a prefix of that context. Its last token's logits
 *      choose the first token of all rollouts that begin there; for forced answers the cue is read after each prefix
 *   2. up to 64 rollouts are written together, one row each, one token a pass; where one ends the next takes its place
 *   3. tokens are drawn on the host (see interp/decode/drawToken.ts); a step ends with a token that ends one of the chain's steps
 *   4. a rollout ends with its answer after the cue, with the model's end token, or at `maxTokens`
 *   5. edits act in all of it: positions are those of the chain's whole text, written tokens have none that a list names
 *   6. the residual stream of each written token is read back with the pass: step means for the cosine
 */
import type { RolloutsRequest, RolloutsResult, Rollout } from "../../../protocol/anchors";
import type { Pauser } from "../../../protocol/cancel";
import type { ChainTokens } from "../../../protocol/chain";
import { refuse, VitrineError } from "../../../protocol/errors";
import { showNowAndThen } from "../../../protocol/progress";
import { ChainEdits } from "../../interp/coalitions/chainEdits";
import { decode } from "../../interp/decode/decode";
import { checkCue } from "../../interp/coalitions/chainChecks";
import { checkCount, checkIds, checkPrompt, checkSampling } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { makeCache, vocabOut } from "../../models/sizes";
import { MAX_TOP_K } from "../../ops/score";
import { RolloutRows } from "./rolloutRows";
import type { Reading } from "./rolloutText";
import { startsOf } from "./starts";

export interface TokenTexts {
  readonly eosId?: number | undefined;
  text(ids: readonly number[], before?: number): string;
}

const MAX_ROWS = 64;
const PARTIAL_EVERY_MS = 250;

export async function anchorRollouts(
  model: Model,
  texts: TokenTexts,
  request: RolloutsRequest,
  pauser: Pauser,
  onProgress?: (partial: RolloutsResult) => void,
  /** Rows that are written together; it changes nothing but the speed. */
  maxRows = MAX_ROWS,
): Promise<RolloutsResult> {
  checkRequest(model, request);
  const { config } = model;
  const edits = await ChainEdits.of(model, request.chain, request.edits, pauser);
  const { chain } = edits ?? request;
  const started = performance.now();
  const capture = new Set([siteNamed(model, `blocks.${request.layer}.resid_post`)]);
  const k = Math.min(MAX_TOP_K, vocabOut(config));
  const whole = [chain.prompt, ...chain.steps].flat();
  const reading = readingOf(model, texts, chain, whole, request.maxTokens);
  const starts = chain.steps.length + 1;
  const read = (edits?.passes ?? 1) * (whole.length + starts * chain.answerPrefix.length);
  const longest = reading.maxTokens + chain.answer.length + 3;
  const capacity = read + (edits?.passes ?? 1) * maxRows * longest;
  const cache = makeCache(model, capacity);
  let evaluatedTokens = read;
  const state = (done: readonly Rollout[]): RolloutsResult => ({
    ...{ rollouts: [...done], total: 2 * starts * request.rollouts, evaluatedTokens },
    elapsedMs: performance.now() - started,
  });
  try {
    const found = await startsOf(model, cache, { chain, edits }, whole, k, capture);
    const rows = new RolloutRows(found, reading, request, edits, cache, config.dModel);
    const showMore = showNowAndThen(onProgress, () => state(rows.done), PARTIAL_EVERY_MS);
    await decode({ model, cache, ask: { k }, capture, pauser }, rows.others(maxRows), (decoded) => {
      evaluatedTokens += decoded.reduce((sum, { slots }) => sum + slots.length, 0);
      const writing = rows.goOn(decoded);
      showMore();
      return [...writing, ...rows.others(maxRows - writing.length)];
    });
    const order = (a: Rollout, b: Rollout) =>
      Number(a.forced) - Number(b.forced) || a.start - b.start || a.index - b.index;
    return state(rows.done.toSorted(order));
  } finally {
    cache.release();
  }
}

/** How what is written is read; refuses a chain that leaves no room. */
function readingOf(
  { config }: Model,
  texts: TokenTexts,
  { steps, answerPrefix, answer }: ChainTokens,
  whole: readonly number[],
  maxTokens: number,
): Reading {
  const room = config.nCtx - whole.length - answerPrefix.length - answer.length - 2;
  if (Math.min(maxTokens, room) < 1) {
    throw new VitrineError("Unsupported", `The chain leaves no room in this model's ${config.nCtx} tokens.`);
  }
  return {
    ...texts,
    cue: texts.text(answerPrefix, whole.at(-1)),
    reference: texts.text(answer, answerPrefix.at(-1)),
    answerTokens: answer.length,
    maxTokens: Math.min(maxTokens, room),
    ends: new Set(steps.flatMap((step) => step.slice(-1))),
    text: (...asked) => texts.text(...asked),
  };
}

function checkRequest(
  { config }: Model,
  { chain, rollouts, temperature, topP, layer, maxTokens }: RolloutsRequest,
): void {
  checkPrompt(chain.prompt);
  if (chain.steps.length === 0) refuse("The chain has no steps.");
  checkCue(chain);
  if (chain.answer.length === 0) refuse("The reference answer is empty; type the answer to compare with.");
  checkCount("rollouts", rollouts);
  checkCount("max tokens", maxTokens);
  checkSampling({ temperature, topP });
  if (!(layer >= 0 && layer < config.nLayers)) refuse(`layer is ${layer}; this model has ${config.nLayers}`);
  const parts = [chain.prompt, ...chain.steps, chain.answerPrefix, chain.answer];
  checkIds(parts.flat(), config.dVocab);
}
