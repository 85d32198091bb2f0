/**
 * Every layout and variant, from bytes to a reconstruction, in numbers worked out by hand from `sae.samples.ts`:
 *
 *   with the decoder's bias taken off, u = [1, 1, 2] and a = [1, 1.5, 3, 4]; without, u = x and a = [1.25, 1, 5, 4.75]
 */
import { describe, expect, it } from "vitest";
import { decode, encode } from "../../sae/reference";
import { readReference } from "../../sae/readReference";
import type { FileSet } from "../bytes/source";
import { readSae } from "./findSaes";
import {
  dictionaryLearning,
  gemmaScope,
  GATED_WEIGHTS,
  json,
  matrix,
  NEW_CFG,
  OLD_CFG,
  openAi,
  saeLens,
  SAELENS_WEIGHTS,
  safetensors,
  scalar,
  SKIP,
  sparsify,
  SPARSIFY_CFG,
  SPARSIFY_WEIGHTS,
  THRESHOLD,
  TRANSCODER_CFG,
  vector,
  X,
} from "./sae.samples";

async function run(files: FileSet, prefix?: number) {
  const file = await readSae(files);
  const sae = await readReference(file);
  const code = encode(sae, X);
  const y = decode(sae, code, { x: X, ...(prefix === undefined ? {} : { prefix }) });
  return { ...file, latents: code.latents, y };
}

function expectClose(found: readonly number[], expected: readonly number[]) {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(found[i], `${i} of ${found.join(", ")}`).toBeCloseTo(value, 5));
}

const withThreshold = (...tensors: Parameters<typeof vector>) => [...SAELENS_WEIGHTS, vector(...tensors)];

/** What: files, latents, output. */
const CASES: Readonly<Record<string, readonly [FileSet, readonly number[], readonly number[]]>> = {
  "SAELens standard": [saeLens(NEW_CFG), [1, 1.5, 3, 4], [3.25, 4.5, 4]],
  "SAELens before 6": [saeLens(OLD_CFG), [1, 1.5, 3, 4], [3.25, 4.5, 4]],
  "SAELens without b_dec off the input": [
    saeLens({ ...NEW_CFG, apply_b_dec_to_input: false }),
    [1.25, 1, 5, 4.75],
    [3.875, 3.875, 6],
  ],
  "SAELens topk": [saeLens({ ...NEW_CFG, architecture: "topk", k: 2 }), [0, 0, 3, 4], [2.25, 1.5, 4]],
  "SAELens topk before 6": [
    saeLens({ ...OLD_CFG, activation_fn_str: "topk", activation_fn_kwargs: { k: 1 } }),
    [0, 0, 0, 4],
    [2.25, 1.5, 1],
  ],
  // Times the decoder's norms a is [1, 3, 3, 2.83].
  "SAELens topk in decoder norms": [
    saeLens({ ...NEW_CFG, architecture: "topk", k: 2, rescale_acts_by_decoder_norm: true }),
    [0, 3, 3, 0],
    [0.25, 2.5, 4],
  ],
  "SAELens jumprelu": [
    saeLens({ ...NEW_CFG, architecture: "jumprelu" }, withThreshold("threshold", [1, 1, 3.5, -1])),
    [0, 1.5, 0, 4],
    [2.25, 4.5, 1],
  ],
  "SAELens batchtopk in training": [
    saeLens({ ...NEW_CFG, architecture: "batchtopk", k: 1.5 }, [
      ...SAELENS_WEIGHTS,
      scalar("topk_threshold", 1.5),
    ]),
    [0, 0, 3, 4],
    [2.25, 1.5, 4],
  ],
  "SAELens batchtopk in decoder norms": [
    saeLens({ ...NEW_CFG, architecture: "batchtopk", k: 2, rescale_acts_by_decoder_norm: true }, [
      ...SAELENS_WEIGHTS,
      scalar("topk_threshold", 2.9),
    ]),
    [0, 3, 3, 0],
    [0.25, 2.5, 4],
  ],
  "SAELens batchtopk without a threshold": [
    saeLens({ ...NEW_CFG, architecture: "batchtopk", k: 2 }),
    [0, 0, 3, 4],
    [2.25, 1.5, 4],
  ],
  "SAELens matryoshka": [
    saeLens(
      { ...NEW_CFG, architecture: "matryoshka_batchtopk", k: 2, matryoshka_widths: [2, 3] },
      withThreshold("threshold", [0, 2, 0, 0]),
    ),
    [1, 0, 3, 4],
    [3.25, 1.5, 4],
  ],
  // a without a bias is [1, 1, 4, 4].
  "SAELens gated": [
    saeLens({ ...NEW_CFG, architecture: "gated" }, GATED_WEIGHTS),
    [0, 0.5, 0, 9],
    [4.75, 5, 1],
  ],
  "SAELens with factors": [
    saeLens({ ...OLD_CFG, finetuning_scaling_factor: true }, withThreshold("scaling_factor", [2, 1, 1, 0])),
    [1, 1.5, 3, 4],
    [2.25, 2.5, 4],
  ],
  // x · 2 − b_dec = [2.25, 1.5, 5].
  "SAELens rescaled": [
    saeLens({ ...NEW_CFG, normalize_activations: "expected_average_only_in", norm_scaling_factor: 2 }),
    [2.25, 2, 9, 8.75],
    [(2.25 + 4.375 + 0.25) / 2, (4 + 4.375 - 0.5) / 2, 5],
  ],
  "SAELens transcoder": [saeLens(TRANSCODER_CFG), [1.25, 1, 5, 4.75], [3.875, 3.875, 6]],
  "SAELens skip transcoder": [
    saeLens({ ...TRANSCODER_CFG, architecture: "skip_transcoder" }, [
      ...SAELENS_WEIGHTS,
      matrix("W_skip", SKIP),
    ]),
    [1.25, 1, 5, 4.75],
    [3.875 + 1.25, 3.875 + 3, 6 - 0.5],
  ],
  "SAELens jumprelu transcoder": [
    saeLens(
      { ...TRANSCODER_CFG, architecture: "jumprelu_transcoder" },
      withThreshold("threshold", THRESHOLD),
    ),
    [0, 1, 5, 0],
    [0.25, 1.5, 6],
  ],
  "Gemma Scope": [gemmaScope(), [0, 1, 5, 0], [0.25, 1.5, 6]],
  "Gemma Scope, f8": [gemmaScope({ type: "<f8" }), [0, 1, 5, 0], [0.25, 1.5, 6]],
  "Gemma Scope, deflated": [gemmaScope({ deflate: true }), [0, 1, 5, 0], [0.25, 1.5, 6]],
  "Gemma Scope, by columns": [gemmaScope({ isFortran: true, deflate: true }), [0, 1, 5, 0], [0.25, 1.5, 6]],
  sparsify: [sparsify(), [0, 0, 3, 4], [2.25, 1.5, 4]],
  "sparsify transcoder": [sparsify({ ...SPARSIFY_CFG, transcode: true }), [0, 0, 5, 4.75], [2.625, 1.875, 6]],
  "sparsify skip transcoder": [
    sparsify({ ...SPARSIFY_CFG, transcode: true, skip_connection: true }, [
      ...SPARSIFY_WEIGHTS,
      matrix("W_skip", SKIP),
    ]),
    [0, 0, 5, 4.75],
    [2.625 + 1.25, 1.875 + 3, 6 - 0.5],
  ],
  "OpenAI ReLU": [openAi({ activation: "ReLU", activation_state_dict: {} }), [1, 1.5, 3, 4], [3.25, 4.5, 4]],
  AutoEncoder: [dictionaryLearning("AutoEncoder"), [1, 1.5, 3, 4], [3.25, 4.5, 4]],
  AutoEncoderNew: [dictionaryLearning("AutoEncoderNew"), [1.25, 1, 5, 4.75], [3.875, 3.875, 6]],
  // Those of SAELens, times the decoder's norms.
  GatedAutoEncoder: [dictionaryLearning("GatedAutoEncoder"), [0, 1, 0, 9 * Math.SQRT1_2], [4.75, 5, 1]],
  AutoEncoderTopK: [dictionaryLearning("AutoEncoderTopK"), [0, 0, 3, 4], [2.25, 1.5, 4]],
  BatchTopKSAE: [dictionaryLearning("BatchTopKSAE"), [0, 0, 3, 4], [2.25, 1.5, 4]],
  MatryoshkaBatchTopKSAE: [dictionaryLearning("MatryoshkaBatchTopKSAE"), [0, 0, 3, 4], [2.25, 1.5, 4]],
  // a = [1.25, 1, 5, 4.75] against [0.5, 1, 0, 5], then times the decoder's norms.
  JumpReluAutoEncoder: [dictionaryLearning("JumpReluAutoEncoder"), [1.25, 0, 5, 0], [1.5, -0.5, 6]],
};

describe("from bytes to numbers", () => {
  it.each(Object.entries(CASES))("%s", async (_, [files, latents, y]) => {
    const found = await run(files);
    expectClose(found.latents, latents);
    expectClose(found.y, y);
    expect(found.description.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("normalises the input of OpenAI's TopK, and brings the output back", async () => {
    const { latents, y, description } = await run(openAi());
    expect(description.input).toEqual({ scheme: "layerNorm", eps: 1e-5 });
    const mean = 4.75 / 3;
    const std = Math.sqrt(X.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    const u = X.map((value, i) => (value - mean) / (std + 1e-5) - [0.25, -0.5, 1][i]!);
    // All of a: −0.51, 0.14, −0.79, −0.75; the second and, below 0, the first are the two largest.
    expectClose(latents, [0, u[1]! + 0.5, 0, 0]);
    expectClose(y, [0.25 * std + mean, (2 * latents[1]! - 0.5) * std + mean, std + mean]);
  });

  it("normalises as SAELens does", async () => {
    const layer = await run(saeLens({ ...NEW_CFG, normalize_activations: "layer_norm" }));
    expect(layer.description.input).toEqual({ scheme: "layerNorm", eps: 1e-5 });
    const norm = await run(saeLens({ ...NEW_CFG, normalize_activations: "constant_norm_rescale" }));
    const rms = Math.sqrt(X.reduce((sum, value) => sum + value ** 2, 0) / 3);
    expectClose(
      norm.latents.slice(0, 2),
      [X[0]! / rms - 0.25, X[1]! / rms + 1].map((value) => Math.max(value, 0)),
    );
    expect(norm.y[2]).toBeCloseTo((norm.latents[2]! + 1) * rms, 5);
  });

  it("knows the prefixes of a Matryoshka autoencoder", async () => {
    const { description, y } = await run(dictionaryLearning("MatryoshkaBatchTopKSAE"), 1);
    expect(description).toMatchObject({ activation: "batchtopk", k: 2, prefixes: [1, 4] });
    expectClose(y, [0.25, -0.5, 1]);
    const inSaeLens = await readSae(CASES["SAELens matryoshka"]![0]);
    expect(inSaeLens.description.prefixes).toEqual([2, 3, 4]);
  });

  it("opens Gemma Scope 2", async () => {
    const tensors = [
      ...SAELENS_WEIGHTS,
      vector("threshold", THRESHOLD),
      matrix("affine_skip_connection", SKIP),
    ].map(({ name, ...rest }) => ({ ...rest, name: name.replace("W_", "w_") }));
    const config = {
      ...{ architecture: "jump_relu", width: 4, model_name: "google/gemma-3-1b-pt", l0: 20 },
      hf_hook_point_in: "model.layers.5.pre_feedforward_layernorm.output",
      hf_hook_point_out: "model.layers.5.post_feedforward_layernorm.output",
    };
    const folder = "transcoder_all/layer_5_width_16k_l0_big_affine";
    const found = await run([
      json(`${folder}/config.json`, config),
      safetensors(`${folder}/params.safetensors`, tensors),
    ]);
    expect(found.description).toMatchObject({
      ...{ layout: "Gemma Scope", siteIn: "blocks.5.ln2.normalized", siteOut: "blocks.5.mlp_out" },
      ...{ hasSkip: true, modelName: "google/gemma-3-1b-pt" },
    });
    expectClose(found.latents, [0, 1, 5, 0]);
    // The input times the matrix: [1.25, −3, 0.5].
    expectClose(found.y, [0.25 + 1.25, 1.5 - 3, 6 + 0.5]);
  });
});
