/** Where rollouts begin: after each step, with and without the cue, and what is expected there. */
import type { ChainTokens } from "../../../protocol/chain";
import type { TopTokens } from "../../../protocol/run";
import type { Site } from "../../../protocol/sites";
import { EMPTY_CONTEXT, firstOf, type RowContext, type Segment } from "../../interp/batch/rowContext";
import type { ChainEdits } from "../../interp/coalitions/chainEdits";
import { readCaptures } from "../../interp/pass/captures";
import { readForward, recordForward } from "../../interp/pass/forwardPass";
import type { Model } from "../../models/model";
import type { KeyValueCache } from "../../ops/keyValueCache";

export interface Start {
  readonly context: RowContext;
  /** The token ahead of what is written. */
  readonly last: number;
  readonly top: TopTokens;
}

export interface Starts {
  /** After each of the first 0 … n steps. */
  readonly free: readonly Start[];
  /** The same with the cue after them. */
  readonly forced: readonly Start[];
  /** Sum of each step's residuals. */
  readonly old: readonly Float64Array[];
}

/** `whole`: prompt and steps; `capture`: the one site that steps are compared at. */
export async function startsOf(
  model: Model,
  cache: KeyValueCache,
  { chain, edits }: { readonly chain: ChainTokens; readonly edits: ChainEdits | undefined },
  whole: readonly number[],
  k: number,
  capture: ReadonlySet<Site>,
): Promise<Starts> {
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
  const start = (context: RowContext | undefined, last: number, top: TopTokens | undefined): Start => {
    if (!context || !top) throw new Error("a starting point has no distribution");
    return { context, last, top };
  };
  return {
    free: contexts.map((context, i) => start(context, whole[(bounds[i] ?? 1) - 1] ?? 0, first.top[i])),
    forced: contexts.map((_, i) => start(cued.contexts[i], cue.at(-1) ?? 0, second.top[i])),
    old,
  };
}
