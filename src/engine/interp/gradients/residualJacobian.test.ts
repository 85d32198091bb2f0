/** Sums of Jacobians against three slower truths: whole gradients, central differences, and a model where they are known. */
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Intervention } from "../../../protocol/interventions";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import { openModelFiles } from "../../formats/modelFiles";
import { fileFromBytes } from "../../formats/bytes/source";
import { writeSafetensors } from "../../formats/writeSafetensors";
import { GOLDEN_RUNS, loadChanged, openFolder } from "../../models/golden.samples";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { run } from "../pass/runRows";
import { gradients } from "./gradients";
import { residualJacobian } from "./residualJacobian";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const KEPT = [2, 3, 4, 6];

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  largest(Array.from(a).map((value, i) => value - b[i]!)) / largest(b);

/** J by its definition: the gradient of each number of the last stream, summed over the kept positions. */
async function byGradients(model: Model, tokens: readonly number[], layer: number, kept: readonly number[]) {
  const { dModel, nLayers } = model.config;
  const scalars = Array.from({ length: dModel }, (_, i) => {
    const values = Float32Array.from({ length: dModel }, (_, j) => Number(i === j));
    return kept.map((position) => {
      return { kind: "site", row: 0, position, site: `blocks.${nLayers - 1}.resid_post`, values } as const;
    });
  });
  const found = await gradients(model, {
    ...{ rows: [{ tokens }], scalars, sites: [`blocks.${layer}.resid_post`] },
  });
  return found.gradients.flatMap(({ data }) =>
    Array.from({ length: dModel }, (_, j) => {
      return kept.reduce((sum, t) => sum + data[t * dModel + j]!, 0) / kept.length;
    }),
  );
}

/** J by central differences of the forward pass: each dimension of each kept position nudged both ways. */
async function byDifferences(model: Model, layer: number, kept: readonly number[], h = 1e-2) {
  const { dModel, nLayers } = model.config;
  const site = `blocks.${layer}.resid_post`;
  const last = `blocks.${nLayers - 1}.resid_post`;
  const lastStream = async (t: number, j: number, step: number) => {
    const values = Float32Array.from({ length: dModel }, (_, c) => (c === j ? step : 0));
    const nudge: Intervention = { kind: "affine", site, keep: 1, valuePositions: [t], values };
    const { captures } = await run(model, {
      rows: [{ tokens: TOKENS, interventions: [nudge] }],
      capture: [last],
    });
    return captures[0]!.data;
  };
  const J = new Float64Array(dModel * dModel);
  for (const t of kept)
    for (let j = 0; j < dModel; j++) {
      const [up, down] = [await lastStream(t, j, h), await lastStream(t, j, -h)];
      for (const later of kept)
        for (let i = 0; i < dModel; i++) {
          const at = later * dModel + i;
          J[i * dModel + j]! += (up[at]! - down[at]!) / (2 * h * kept.length);
        }
    }
  return J;
}

it("equals central differences of the forward pass on a tiny model", async () => {
  const model = randomGpt2(await createCpuDevice(), { n_layer: 3 });
  const [first] = await residualJacobian(model, TOKENS, [0], KEPT, NEVER_CANCELLED);
  const expected = await byDifferences(model, 0, KEPT);
  expect(worst(first!, expected)).toBeLessThan(2e-3);
  // It looks at later positions: without them it is another matrix.
  const [alone] = await residualJacobian(model, TOKENS, [0], [6], NEVER_CANCELLED);
  expect(worst(alone!, expected)).toBeGreaterThan(0.05);
});

describe.each(GOLDEN_RUNS)("%s %j", (folder, change) => {
  it("equals whole gradients, summed afterwards", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const layers = Array.from({ length: model.config.nLayers - 1 }, (_, layer) => layer);
    const found = await residualJacobian(model, TOKENS, layers, KEPT, NEVER_CANCELLED);
    for (const layer of layers)
      expect(worst(found[layer]!, await byGradients(model, TOKENS, layer, KEPT))).toBeLessThan(5e-6);
  });
});

it("is the same where rows go back in several walks", async () => {
  const device = await createCpuDevice();
  const whole = await residualJacobian(randomGpt2(device), TOKENS, [0], KEPT, NEVER_CANCELLED);
  // Room for three scalars at a time.
  Object.assign(device.limits, { maxBufferBytes: 4 * TOKENS.length * 32 * 3 });
  const cut = await residualJacobian(randomGpt2(device), TOKENS, [0], KEPT, NEVER_CANCELLED);
  expect(worst(cut[0]!, whole[0]!)).toBeLessThan(5e-6);
});

/** Attention alone, without norms; queries and keys are zero, so that every token attends alike to all that it sees. */
async function uniformModel(W: readonly Float32Array[], dModel: number): Promise<Model> {
  const config = {
    ...{
      n_layers: W.length,
      n_heads: 1,
      d_model: dModel,
      d_head: dModel,
      d_mlp: null,
      act_fn: null,
      n_ctx: 16,
    },
    ...{ d_vocab: 12, attn_only: true, normalization_type: null, positional_embedding_type: "standard" },
  };
  const identity = Float32Array.from({ length: dModel ** 2 }, (_, i) => Number(i % (dModel + 1) === 0));
  const zeros = new Float32Array(dModel ** 2);
  const matrix = [1, dModel, dModel];
  const tensors = [
    { name: "embed.W_E", shape: [12, dModel], data: noise(12 * dModel, 1) },
    { name: "pos_embed.W_pos", shape: [16, dModel], data: noise(16 * dModel, 2) },
    { name: "unembed.W_U", shape: [dModel, 12], data: noise(12 * dModel, 3) },
    ...W.flatMap((V, layer) => [
      { name: `blocks.${layer}.attn.W_Q`, shape: matrix, data: zeros },
      { name: `blocks.${layer}.attn.W_K`, shape: matrix, data: zeros },
      { name: `blocks.${layer}.attn.W_V`, shape: matrix, data: V },
      { name: `blocks.${layer}.attn.W_O`, shape: matrix, data: identity },
    ]),
  ];
  const files = await openModelFiles([
    fileFromBytes("cfg.json", new TextEncoder().encode(JSON.stringify(config))),
    fileFromBytes("model.safetensors", writeSafetensors(tensors)),
  ]);
  return (await loadModel(await createCpuDevice(), files, "f32", NEVER_CANCELLED)).model;
}

it("is what a linear model has in closed form", async () => {
  const dModel = 6;
  const V = noise(dModel ** 2, 7, 0.5);
  const model = await uniformModel([noise(dModel ** 2, 6), V], dModel);
  const [J] = await residualJacobian(model, TOKENS, [0], KEPT, NEVER_CANCELLED);
  // x_last(t') = x(t') + 1/(t' + 1) Σ over t ≤ t' of x(t) V: ∂ = δ(t, t') I + Vᵀ / (t' + 1).
  const weight =
    KEPT.reduce(
      (sum, t) => sum + KEPT.filter((later) => later >= t).reduce((s, p) => s + 1 / (p + 1), 0),
      0,
    ) / KEPT.length;
  const expected = Array.from({ length: dModel ** 2 }, (_, at) => {
    const [i, j] = [Math.floor(at / dModel), at % dModel];
    return Number(i === j) + weight * V[j * dModel + i]!;
  });
  expect(worst(J!, expected)).toBeLessThan(1e-6);
});
