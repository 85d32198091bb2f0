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
import { VitrineError } from "../../../protocol/errors";
import type { TopTokens } from "../../../protocol/run";
import { ChainEdits } from "../../interp/coalitions/chainEdits";
import { readCaptures } from "../../interp/pass/captures";
import { decode, type DecodedRow } from "../../interp/decode/decode";
import { drawToken } from "../../interp/decode/drawToken";
import { readForward, recordForward } from "../../interp/pass/forward";
import { EMPTY_CONTEXT, firstOf, type RowContext, type Segment } from "../../interp/batch/rowContext";
import { checkTokens } from "../../interp/pass/run";
import { siteNamed, type Model } from "../../models/model";
import { KeyValueCache } from "../../ops/keyValueCache";
import { MAX_TOP_K } from "../../ops/score";
import { uniform } from "./uniform";
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
  const { config, memory } = model;
  const edits = await ChainEdits.of(model, request.chain, request.edits, pauser);
  const { chain } = edits ?? request;
  const passes = edits?.passes ?? 1;
  const { rollouts: count, temperature, topP, seed, layer, maxTokens } = request;
  const n = chain.steps.length;
  const started = performance.now();
  const site = siteNamed(model, `blocks.${layer}.resid_post`);
  const capture = new Set([site]);
  const k = Math.min(MAX_TOP_K, config.dVocabOut ?? config.dVocab);
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
  const cache = new KeyValueCache(memory, config.nLayers, capacity, config.nKvHeads * config.dHead);
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
    let told = performance.now();
    type Row = Segment & { readonly written: Written };
    const reads = (written: Written, context: RowContext): Row => {
      const token = written.tokens.at(-1) ?? 0;
      return { ...(edits?.written(context, token) ?? { context, tokens: [token] }), written };
    };
    /** Whether the row writes on. */
    const write = (row: Written, top: TopTokens): boolean => {
      const { start, index, forced: isForced } = row.job;
      const at = uniform([seed, start, index, Number(isForced), row.tokens.length]);
      row.write(drawToken(top, temperature, topP, at));
      if (!row.ended) return true;
      done.push(row.rollout(isForced ? [] : old));
      cache.giveBack(row.slots);
      return false;
    };
    /** Rows that take the place of those that have ended; their first token is chosen at their start. */
    const others = (count: number): Row[] => {
      const found: Row[] = [];
      while (found.length < count && next < jobs.length) {
        const job = jobs[next++];
        const begin = job && (job.forced ? forced : free)[job.start];
        if (!job || !begin) continue;
        const written = new Written(job, reading, begin.last, config.dModel);
        if (write(written, begin.top)) found.push(reads(written, begin.context));
      }
      return found;
    };
    const choose = (decoded: readonly DecodedRow<Row>[]): Row[] => {
      for (const { row, slots, captures } of decoded) {
        evaluatedTokens += slots.length;
        row.written.slots.push(...slots);
        const [residual] = captures;
        if (residual) row.written.read(residual.data);
      }
      const rows = decoded.flatMap(({ row: { written }, context, top }) =>
        write(written, top) ? [reads(written, context)] : [],
      );
      if (onProgress && performance.now() - told > PARTIAL_EVERY_MS) {
        told = performance.now();
        onProgress(state());
      }
      return [...rows, ...others(maxRows - rows.length)];
    };
    await decode({ model, cache, ask: { k }, capture, pauser }, others(maxRows), choose);
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
  const refuse = (message: string) => {
    throw new VitrineError("Unsupported", message);
  };
  if (chain.prompt.length === 0) refuse("The prompt is empty; give the model at least one token to read.");
  if (chain.steps.length === 0) refuse("The chain has no steps.");
  if (chain.answerPrefix.length === 0) {
    refuse("Nothing stands between the last step and the answer; put a cue such as “Answer :” there.");
  }
  if (chain.answer.length === 0) refuse("The reference answer is empty; type the answer to compare with.");
  if (!(Number.isInteger(rollouts) && rollouts >= 1)) refuse(`rollouts is ${rollouts}; give at least 1`);
  if (!(Number.isInteger(maxTokens) && maxTokens >= 1)) refuse(`max tokens is ${maxTokens}; give at least 1`);
  if (!(temperature >= 0 && temperature <= 100))
    refuse(`temperature is ${temperature}; give a number from 0 to 100`);
  if (!(topP > 0 && topP <= 1)) refuse(`top-p is ${topP}; give a number above 0 and up to 1`);
  if (!(layer >= 0 && layer < config.nLayers)) refuse(`layer is ${layer}; this model has ${config.nLayers}`);
  checkTokens(
    [chain.prompt, ...chain.steps, chain.answerPrefix, chain.answer].map((tokens) => ({ tokens })),
    config.dVocab,
  );
}
