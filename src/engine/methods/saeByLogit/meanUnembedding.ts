/** The mean of the unembedding over the vocabulary: what all logits share. Worked out once for a model. */
import type { Model } from "../../models/model";
import { combinedRows } from "../../interp/weights/weightedRowSum";

const known = new WeakMap<Model, Float64Array>();

/** [dModel]. */
export async function meanUnembedding(model: Model): Promise<Float64Array> {
  const before = known.get(model);
  if (before) return before;
  const { architecture, config, memory, weights } = model;
  const matrix = weights.matrix(`${architecture.weightMap(config).unembed}.weight`);
  const sum = await combinedRows(memory, matrix, () => 1);
  const mean = sum.map((value) => value / matrix.shape[0]);
  known.set(model, mean);
  return mean;
}
