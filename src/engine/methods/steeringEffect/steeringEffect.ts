/**
 * What a direction does to a metric, by layer and strength, and what random directions of the same length do.
 *
 *   1. each prompt, with its own edits, is run once up to its last token: the base
 *   2. a cell is one run more of every prompt: x becomes x + strength · direction at the site of one layer, at the last token
 *      or at all of them, after the prompt's own edits; the metric is read after the last token
 *   3. null control: for each layer random directions, normal in every element and scaled to the length of the layer's own;
 *      each of them is put through the same cells
 *   4. a cell's number is the mean over prompts, with its standard error; of the control the mean over directions of such
 *      means, and the lowest and highest of them
 */
import { isBelow } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { CounterfactualPrompts, type Counterfactual } from "../../interp/activations/counterfactualPrompts";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import { metricRequest, metricValue } from "../../interp/cells/cellMetric";
import { resolveEdits } from "../../interp/interventions/index";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { EditedPrompt } from "../../../protocol/interventions";
import { showNowAndThen } from "../../../protocol/progress";
import { blockSite } from "../../../protocol/sites";
import {
  RESIDUAL_SITES,
  type SteeringEffectRequest,
  type SteeringEffectResult,
} from "../../../protocol/steering";
import { gaussian } from "../../../random/distributions";
import { seedAt, uniformOf } from "../../../random/seedAt";
import { meanError } from "../../../statistics/meanError";

const MAX_PROMPTS = 1000;
const MAX_STRENGTHS = 101;
const MAX_CONTROLS = 100;

function checkRequest({ config }: Model, asked: SteeringEffectRequest): void {
  const { prompts, directions, strengths, controls, site, at } = asked;
  const counted = [
    ["prompts", prompts.length, 1, MAX_PROMPTS],
    ["directions", directions.length, 1, config.nLayers],
    ["strengths", strengths.length, 1, MAX_STRENGTHS],
    ["controls", controls, 0, MAX_CONTROLS],
  ] as const;
  for (const [name, count, least, most] of counted)
    if (!(count >= least && isBelow(count, most + 1)))
      refuse(`There are ${count} ${name}; take from ${least} to ${most}.`);
  if (!RESIDUAL_SITES.includes(site))
    refuse(`site is ${String(site)}; directions are of ${RESIDUAL_SITES.join(", ")}.`);
  if (at !== "last" && at !== "all") refuse(`at is ${String(at)}; take last or all.`);
  for (const { layer, values } of directions) {
    if (!isBelow(layer, config.nLayers))
      refuse(`A direction is of layer ${layer}; this model has layers 0 to ${config.nLayers - 1}.`);
    if (values.length !== config.dModel)
      refuse(
        `The direction of layer ${layer} has ${values.length} numbers; this model's residual stream has ${config.dModel}.`,
      );
    const odd = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) refuse(`The direction of layer ${layer} is not finite at index ${odd}.`);
  }
  const odd = strengths.find((strength) => !Number.isFinite(strength));
  if (odd !== undefined) refuse(`A strength is ${odd}; take finite numbers.`);
  const empty = prompts.findIndex(({ tokens }) => tokens.length === 0 || tokens.length > config.nCtx);
  if (empty >= 0)
    refuse(
      `Prompt ${empty + 1} has ${prompts[empty]?.tokens.length ?? 0} tokens; this model takes 1 to ${config.nCtx}.`,
    );
}

/** f32, normal in every element, as long as the direction. */
export function randomDirection(values: ArrayLike<number>, seed: number): Float32Array {
  const drawn = Array.from({ length: values.length }, (_, i) =>
    gaussian(1 - uniformOf(seedAt(seed, i, 0)), uniformOf(seedAt(seed, i, 1))),
  );
  const length = (list: ArrayLike<number>) => Math.sqrt(Array.from(list).reduce((sum, x) => sum + x * x, 0));
  const by = length(values) / length(drawn);
  return Float32Array.from(drawn, (value) => value * by);
}

/** A direction added at one strength; `draw` 0 is the direction itself, others are random ones. */
interface Cell {
  readonly index: number;
  readonly layer: number;
  readonly draw: number;
  readonly values: Float32Array<ArrayBuffer>;
}

function cellsOf({ directions, strengths, controls, seed }: SteeringEffectRequest): Cell[] {
  return directions.flatMap(({ layer, values }, row) =>
    Array.from({ length: controls + 1 }, (_, draw) => {
      const direction = draw === 0 ? values : randomDirection(values, seedAt(seed, layer, draw));
      return strengths.map((strength, col) => ({
        ...{ index: row * strengths.length + col, layer, draw },
        values: Float32Array.from(direction, (value) => strength * value),
      }));
    }).flat(),
  );
}

/** Metrics of one prompt: its base, and one for each cell. */
async function measured(
  model: Model,
  { site, at, metric }: SteeringEffectRequest,
  given: EditedPrompt,
  cells: readonly Cell[],
  pauser: Pauser,
) {
  const prompt = await resolveEdits(model, given, pauser);
  const position = prompt.tokens.length - 1;
  const from = at === "last" ? position : 0;
  const changesPatterns = prompt.interventions.some(
    (one) => !("site" in one) || /\.(scores|pattern)$/.test(one.site),
  );
  const limit = batchTokens(model, position + 1, changesPatterns);
  const room = Math.max(limit, position + 1);
  const ask = metricRequest(metric, vocabOut(model.config));
  const variants = new CounterfactualPrompts(model, prompt, position, ask, room);
  try {
    const base = metricValue(metric, await variants.base());
    const values: number[] = [];
    for (const batch of batchesOf(cells, () => variants.tokensOf({ from }), limit)) {
      await pauser.pause();
      const runs = batch.map(({ layer, values: added }): Counterfactual => {
        const where = { site: siteNamed(model, blockSite(layer, site)), positions: { from } };
        return { from, interventions: [{ kind: "affine", keep: 1, values: added, ...where }] };
      });
      for (const reading of await variants.run(runs)) values.push(metricValue(metric, reading));
    }
    return { base, values, evaluatedTokens: variants.evaluatedTokens };
  } finally {
    variants.release();
  }
}

const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;

export async function steeringEffect(
  model: Model,
  request: SteeringEffectRequest,
  pauser: Pauser,
  onProgress?: (partial: SteeringEffectResult) => void,
): Promise<SteeringEffectResult> {
  const started = performance.now();
  checkRequest(model, request);
  const { directions, strengths, prompts, controls } = request;
  const cells = cellsOf(request);
  const size = directions.length * strengths.length;
  const bases: number[] = [];
  /** [prompt][cell]. */
  const metrics: number[][] = [];
  let evaluatedTokens = 0;
  const result = (): SteeringEffectResult => {
    /** [draw][index]: the means over prompts. */
    const means = Array.from({ length: controls + 1 }, () => new Float32Array(size).fill(NaN));
    const errors = new Float32Array(size).fill(NaN);
    for (const [i, { draw, index }] of cells.entries()) {
      const over = metrics.map((one) => one[i] ?? NaN);
      means[draw]?.fill(mean(over), index, index + 1);
      if (draw === 0) errors[index] = meanError(over);
    }
    const overDraws = (read: (list: number[]) => number) =>
      new Float32Array(size).map((_, index) => {
        const list = means.slice(1).map((one) => one[index] ?? NaN);
        return list.length > 0 ? read(list) : NaN;
      });
    return {
      ...{ layers: directions.map(({ layer }) => layer), strengths: [...strengths] },
      ...{ values: means[0] ?? new Float32Array(size), errors, control: overDraws(mean) },
      controlLowest: overDraws((list) => Math.min(...list)),
      controlHighest: overDraws((list) => Math.max(...list)),
      ...{ base: mean(bases), baseError: meanError(bases) },
      ...{ promptsDone: metrics.length, prompts: prompts.length, evaluatedTokens },
      elapsedMs: performance.now() - started,
    };
  };
  const showMore = showNowAndThen(onProgress, result);
  try {
    for (const prompt of prompts) {
      const one = await measured(model, request, prompt, cells, pauser);
      bases.push(one.base);
      metrics.push(one.values);
      evaluatedTokens += one.evaluatedTokens;
      showMore();
    }
    return result();
  } catch (error) {
    // Whoever cancels keeps the prompts that are there.
    onProgress?.(result());
    throw error;
  }
}
