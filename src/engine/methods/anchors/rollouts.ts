/**
 * Rollouts of a chain from each of its steps.
 *
 *   1. prompt and steps are read once; every starting point is a prefix of that context. Its last token's logits
 *      choose the first token of all rollouts that begin there; for forced answers the cue is read after each prefix
 *   2. up to 64 rollouts are written together, one row each, one token a pass; where one ends the next takes its place
 *   3. tokens are drawn on the host (see hostSampling.ts); a step ends with a token that ends one of the chain's steps
 *   4. a rollout ends with its answer after the cue, with the model's end token, or at `maxTokens`
 *   5. edits act in all of it: positions are those of the chain's whole text, written tokens have none that a list names
 *   6. the residual stream of each written token is read back with the pass: step means for the cosine
 */
import type { RolloutsRequest, RolloutsResult, Rollout } from "../../../protocol/anchors";
import type { Pauser } from "../../../protocol/cancel";
import type { ChainTokens } from "../../../protocol/chain";
import { VitrineError, refuse } from "../../../protocol/errors";
import type { TopTokens } from "../../../protocol/run";
import { checkCue } from "../../interp/coalitions/chainChecks";
import { ChainEdits } from "../../interp/coalitions/chainEdits";
import { readCaptures } from "../../interp/pass/captures";
import { readForward, recordForward } from "../../interp/pass/forward";
import { EMPTY_CONTEXT, firstOf, type RowContext, type Segment } from "../../interp/batch/rowContext";
import { checkCount, checkIds, checkPrompt, checkSampling } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { makeCache, vocabOut } from "../../models/sizes";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { MAX_TOP_K } from "../../ops/score";
import { uniformAt } from "../../../random/seedAt";
import { drawToken } from "./hostSampling";
import { Written, type Job, type Reading } from "./rolloutText";

export interface TokenTexts {
  readonly eosId?: number | undefined;
  text(ids: readonly number[], before?: number): string;
}

const MAX_ROWS = 64;
const PARTIAL_EVERY_MS = 250;

interface Begin {
  readonly context: RowContext;
  readonly last: number;
  readonly top: TopTokens;
}

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
  const passes = edits?.passes ?? 1;
  const { rollouts: count, temperature, topP, seed, layer, maxTokens } = request;
  const n = chain.steps.length;
  const started = performance.now();
  const site = siteNamed(model, `blocks.${layer}.resid_post`);
  const capture = new Set([site]);
  const k = Math.min(MAX_TOP_K, vocabOut(config));
  const whole = [chain.prompt, ...chain.steps].flat();
  const reading: Reading = {
    ...texts,
    cue: texts.text(chain.answerPrefix, whole.at(-1)),
    reference: texts.text(chain.answer, chain.answerPrefix.at(-1)),
    answerTokens: chain.answer.length,
    maxTokens: Math.min(
      maxTokens,
      config.nCtx - whole.length - chain.answerPrefix.length - chain.answer.length - 2,
    ),
    ends: new Set(chain.steps.flatMap((step) => step.slice(-1))),
    text: (...asked) => texts.text(...asked),
  };
  if (reading.maxTokens < 1) {
    throw new VitrineError("Unsupported", `The chain leaves no room in this model's ${config.nCtx} tokens.`);
  }
  const longest = reading.maxTokens + chain.answer.length + 3;
  const capacity = passes * (whole.length + (n + 1) * chain.answerPrefix.length + maxRows * longest);
  const cache = makeCache(model, capacity);
  let evaluatedTokens = passes * (whole.length + (n + 1) * chain.answerPrefix.length);
  const done: Rollout[] = [];
  const total = 2 * (n + 1) * count;
  const state = (): RolloutsResult => ({
    ...{ rollouts: [...done], total, evaluatedTokens },
    elapsedMs: performance.now() - started,
  });
  try {
    const { free, forced, old } = await begins(model, cache, { chain, edits }, whole, k, capture);
    // One of every start before the next of any: partial counts are even.
    const jobs: Job[] = Array.from({ length: count }, (_, index) =>
      [false, true].flatMap((isForced) => free.map((_begin, start) => ({ start, index, forced: isForced }))),
    ).flat();
    let next = 0;
    let rows: Written[] = [];
    let told = performance.now();
    const choose = (row: Written, top: TopTokens) => {
      const { start, index, forced: isForced } = row.job;
      const at = uniformAt(seed, start, index, Number(isForced), row.tokens.length);
      row.write(drawToken(top, temperature, topP, at));
      if (!row.ended) return;
      done.push(row.rollout(isForced ? [] : old));
      cache.giveBack(row.slots);
    };
    while (next < jobs.length || rows.length > 0) {
      await pauser.pause();
      while (rows.length < maxRows && next < jobs.length) {
        const job = jobs[next++];
        const begin = job && (job.forced ? forced : free)[job.start];
        if (!job || !begin) continue;
        const row = new Written(job, reading, begin, config.dModel);
        choose(row, begin.top);
        if (!row.ended) rows.push(row);
      }
      if (rows.length > 0) {
        const segments = rows.map(({ context, tokens }) => {
          const token = tokens.at(-1) ?? 0;
          return edits?.written(context, token) ?? { context, tokens: [token] };
        });
        const places = rows.map((_, segment) => ({ segment, index: 0 }));
        const pass = recordForward(model, cache, segments, { top: { places, k }, capture });
        const { top, captures } = await readForward(model, pass);
        evaluatedTokens += pass.taken.length;
        rows.forEach((row, i) => {
          row.context = pass.contexts[i] ?? EMPTY_CONTEXT;
          row.slots.push(...(pass.takenBy[i] ?? []));
          const [residual] = readCaptures(config, captures, pass.packed, i, row.context);
          if (residual) row.read(residual.data);
        });
        rows.forEach((row, i) => top[i] && choose(row, top[i]));
        rows = rows.filter(({ ended }) => !ended);
      }
      if (onProgress && performance.now() - told > PARTIAL_EVERY_MS) {
        told = performance.now();
        onProgress(state());
      }
    }
    done.sort((a, b) => Number(a.forced) - Number(b.forced) || a.start - b.start || a.index - b.index);
    return state();
  } finally {
    cache.release();
  }
}

/** Every starting point, with and without the cue, and the mean residual of each step. */
async function begins(
  model: Model,
  cache: KeyValueCache,
  { chain, edits }: { readonly chain: ChainTokens; readonly edits: ChainEdits | undefined },
  whole: readonly number[],
  k: number,
  capture: ReadonlySet<string>,
): Promise<{ free: Begin[]; forced: Begin[]; old: Float64Array[] }> {
  const { config } = model;
  const bounds = [chain.prompt.length];
  for (const step of chain.steps) bounds.push((bounds.at(-1) ?? 0) + step.length);
  const segment = (part: number, context: RowContext, tokens: readonly number[]): Segment =>
    edits?.segment(part, context, { tokens }) ?? { context, tokens };
  const pass = recordForward(model, cache, [segment(-1, EMPTY_CONTEXT, whole)], {
    top: { places: bounds.map((bound) => ({ segment: 0, index: bound - 1 })), k },
    capture,
  });
  const first = await readForward(model, pass);
  const [all = EMPTY_CONTEXT] = pass.contexts;
  const contexts = bounds.map((bound) => firstOf(all, bound));
  const [residual] = readCaptures(config, first.captures, pass.packed, 0, all);
  const old = chain.steps.map((step, i) => {
    const sum = new Float64Array(config.dModel);
    const from = (bounds[i] ?? 0) * config.dModel;
    for (let at = 0; at < step.length * config.dModel; at++) {
      const d = at % config.dModel;
      sum[d] = (sum[d] ?? 0) + (residual?.data[from + at] ?? 0);
    }
    return sum;
  });
  const cue = chain.answerPrefix;
  const cued = recordForward(
    model,
    cache,
    contexts.map((context) => segment(chain.steps.length, context, cue)),
    { top: { places: contexts.map((_, segment) => ({ segment, index: cue.length - 1 })), k } },
  );
  const second = await readForward(model, cued);
  const begin = (context: RowContext | undefined, last: number, top: TopTokens | undefined): Begin => {
    if (!context || !top) throw new Error("a starting point has no distribution");
    return { context, last, top };
  };
  return {
    free: contexts.map((context, i) => begin(context, whole[(bounds[i] ?? 1) - 1] ?? 0, first.top[i])),
    forced: contexts.map((_, i) => begin(cued.contexts[i], cue.at(-1) ?? 0, second.top[i])),
    old,
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
