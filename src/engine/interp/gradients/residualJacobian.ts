/**
 * How the residual stream after the last block follows that after earlier ones, summed over pairs of positions of one text:
 *
 *   J_l [dModel, dModel],  J_l[i, j] = mean over kept t of Σ over kept t' ≥ t of ∂ x_last(t')[i] / ∂ x_l(t)[j]
 *
 *   1. one forward pass keeps the residual stream before each block
 *   2. a walk back takes as many rows i as fit together: row i is the scalar Σ over kept t' of x_last(t')[i], so its
 *      cotangent is one at [t', i] for every kept t', and nothing at other positions. Attention looks back only, so that what
 *      arrives at t is the sum over t' ≥ t
 *   3. of what arrives at each asked block the mean over kept t is taken on the device: one row of a matrix a scalar is read back
 *
 * The same by `gradients`, which reads back every position: residualJacobian.test.ts.
 */
import type { Pauser } from "../../../protocol/cancel";
import { blockSite } from "../../../protocol/sites";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { Model } from "../../models/model";
import { makeCache } from "../../models/sizes";
import { loadBackward } from "../../ops/backward";
import { weightedRowSums } from "../../ops/rowSums";
import { readBack } from "../pass/readBack";
import { BackwardPass, type ForwardPass } from "./backwardPass";
import { packRows, type PackedRows } from "./gradientBatch";
import { forwardTo } from "./gradients";
import { scalarsAtOnce } from "./walkTables";

/** `layers`: blocks before the last. `kept`: positions of the row. Answers f32 [dModel, dModel] of each layer. */
export async function residualJacobian(
  model: Model,
  tokens: readonly number[],
  layers: readonly number[],
  kept: readonly number[],
  pauser: Pauser,
): Promise<Float32Array<ArrayBuffer>[]> {
  const { config, memory } = model;
  const { dModel, nLayers } = config;
  await loadBackward(memory.device);
  const cache = makeCache(model, tokens.length);
  const found = layers.map(() => new Float32Array(dModel * dModel));
  let held: { readonly result: ForwardPass; release(): void } | undefined;
  try {
    const rows = packRows(model, cache, [{ tokens }]);
    const atOnce = Math.min(dModel, scalarsAtOnce(model, rows));
    held = memory.held(() => forwardTo(model, rows, nLayers, atOnce));
    for (let first = 0; first < dModel; first += atOnce) {
      await pauser.pause();
      const scalars = Math.min(atOnce, dModel - first);
      const parts = await walk(model, rows, held.result, layers, kept, { first, scalars });
      parts.forEach((part, i) => found[i]?.set(part, first * dModel));
    }
    return found;
  } finally {
    held?.release();
    cache.release();
  }
}

interface RowsOfJ {
  readonly first: number;
  readonly scalars: number;
}

/** Rows `first` to `first + scalars` of every layer's matrix. */
async function walk(
  model: Model,
  { packed: { count } }: PackedRows,
  pass: ForwardPass,
  layers: readonly number[],
  kept: readonly number[],
  { first, scalars }: RowsOfJ,
): Promise<Float32Array[]> {
  const { config, memory } = model;
  const target = blockSite(config.nLayers - 1, "resid_post");
  const sites = layers.map((layer) => blockSite(layer, "resid_post"));
  let back: BackwardPass | undefined;
  try {
    const read = await readBack(memory, (later) => {
      // All that is sent goes before anything is recorded.
      const cotangent = oneHots(memory, kept, count, config.dModel, { first, scalars });
      const factors = meansOverKept(memory, kept, count, scalars);
      const seeds = [{ site: target, cotangent, tokens: undefined }];
      const asks = {
        ...{ wanted: new Set(sites), weights: [], frozen: new Set<never>(), cuts: new Map<never, never>() },
        ...{ head: [], seeds },
      };
      back = new BackwardPass(model, pass, asks);
      back.record();
      const { found } = back;
      return sites.map((site) => {
        const arrived = found.find((one) => one.site === site)?.tensor;
        return arrived && later.tensor(weightedRowSums(memory, factors, arrived));
      });
    });
    // Where nothing arrives, the last block does not read that one.
    return read.map((part) => part?.() ?? new Float32Array(scalars * config.dModel));
  } finally {
    back?.release();
  }
}

/** [scalars · count, dModel]: 1 at [scalar, kept position, its own dimension]. */
function oneHots(
  memory: TensorMemory,
  kept: readonly number[],
  count: number,
  dModel: number,
  { first, scalars }: RowsOfJ,
): Tensor {
  const all = new Float32Array(scalars * count * dModel);
  for (let s = 0; s < scalars; s++)
    for (const position of kept) all[(s * count + position) * dModel + first + s] = 1;
  return memory.from(all, [scalars * count, dModel], "one-hot cotangents");
}

/** [scalars, scalars · count]: of each scalar the mean over its kept rows. */
function meansOverKept(
  memory: TensorMemory,
  kept: readonly number[],
  count: number,
  scalars: number,
): Tensor {
  const all = new Float32Array(scalars * scalars * count);
  for (let s = 0; s < scalars; s++)
    for (const position of kept) all[(s * scalars + s) * count + position] = 1 / kept.length;
  return memory.from(all, [scalars, scalars * count], "means over kept positions");
}
