/** An autoencoder that others trained: features as published, and its quality over random inputs of the model. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../src/protocol/cancel";
import { createCpuDevice } from "../src/engine/device/cpu";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import { readSae } from "../src/engine/formats/sae/findSaes";
import type { SaeFile } from "../src/engine/formats/sae/saeFile";
import { fileFromBytes } from "../src/engine/formats/bytes/source";
import { filesFromFolder } from "../src/engine/formats/bytes/sourceNode";
import { run } from "../src/engine/interp/pass/runRows";
import { loadModel } from "../src/engine/models/loading/loadModel";
import type { Model } from "../src/engine/models/model";
import { encode, fractionUnexplained, reconstruct, type ReferenceSae } from "../src/engine/sae/reference";
import { readReference } from "../src/engine/sae/readReference";
import { compatJson, compatPath, isMissing } from "./folder";

interface Reference {
  readonly published: Readonly<
    Record<"fvu" | "l0_mean" | "abs_recon_err_mean" | "rel_recon_err_mean", number>
  >;
  readonly example_tokens: readonly number[];
  /** Before the first block and behind each: [site, pos, dModel]. */
  readonly resid: readonly (readonly (readonly number[])[])[];
  /** [pos, latent], of the residual after the first block. */
  readonly sae_features_layer1: readonly (readonly number[])[];
}

/** Where the published numbers were taken: all four of them fit the residual stream before the first block. */
const MEASURED = "blocks.0.resid_pre";
/** The task's inputs: four of the tokens 0 to 7, then a selector, 8 to 11. */
const INPUTS = 512;

describe.skipIf(isMissing("residual_verify"))("residual_verify", () => {
  let file: SaeFile;
  let sae: ReferenceSae;
  let model: Model;
  const reference = () => compatJson<Reference>("residual_verify/reference.json");

  beforeAll(async () => {
    // The model's files and the autoencoder's, as they come when the whole folder is dropped.
    const inFolder = ["sae/cfg.json", "sae/sae_weights.safetensors"].map((name) =>
      fileFromBytes(name, new Uint8Array(readFileSync(compatPath(`residual_verify/${name}`)))),
    );
    const files = await filesFromFolder(compatPath("residual_verify"));
    file = await readSae([...files, ...inFolder]);
    sae = await readReference(file);
    model = (await loadModel(await createCpuDevice(), await openModelFiles(files), "f32", NEVER_CANCELLED))
      .model;
  });

  it("is described as its config says", () => {
    expect(file.description).toMatchObject({
      ...{ layout: "SAELens", activation: "relu", dIn: 32, dOut: 32, nLatents: 64, modelName: "routing-toy" },
      ...{ siteIn: "blocks.0.resid_post", siteOut: "blocks.0.resid_post", prependBos: false, contextSize: 5 },
      ...{ input: { scheme: "none" }, name: "sae" },
    });
    expect(file.tensors.inputBias).toBeDefined();
  });

  it("gives the published features to 1e-4, from the published residuals and from our own", async () => {
    const { resid, sae_features_layer1: features, example_tokens: tokens } = reference();
    const { captures } = await run(model, { rows: [{ tokens }], capture: ["blocks.0.resid_post"] });
    let worst = 0;
    for (const [pos, expected] of features.entries()) {
      const own = captures[0]!.data.subarray(pos * 32, (pos + 1) * 32);
      for (const x of [resid[1]![pos]!, own]) {
        encode(sae, x).latents.forEach((value, l) => {
          worst = Math.max(worst, Math.abs(value - expected[l]!));
        });
      }
    }
    console.log(
      `residual_verify: ${features.length} × 64 features, largest difference ${worst.toExponential(1)}`,
    );
    expect(worst).toBeLessThan(1e-4);
  });

  it("is as good over random inputs as was published", async () => {
    let state = 1;
    const below = (limit: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const rows = Array.from({ length: INPUTS }, () => [below(8), below(8), below(8), below(8), 8 + below(4)]);
    const { captures } = await run(model, { rows: rows.map((tokens) => ({ tokens })), capture: [MEASURED] });
    const xs = captures.flatMap(({ data }) =>
      Array.from({ length: data.length / 32 }, (_, pos) => [...data.subarray(pos * 32, (pos + 1) * 32)]),
    );
    const ys = xs.map((x) => reconstruct(sae, x));
    const norm = (values: readonly number[]) => Math.hypot(...values);
    const errors = xs.map((x, i) => norm(x.map((value, j) => value - ys[i]![j]!)));
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const found = {
      fvu: fractionUnexplained(xs, ys),
      l0_mean: mean(xs.map((x) => encode(sae, x).latents.filter((z) => z > 0).length)),
      abs_recon_err_mean: mean(errors),
      rel_recon_err_mean: mean(errors.map((error, i) => error / norm(xs[i]!))),
    };
    const { published } = reference();
    for (const [name, value] of Object.entries(found)) {
      const expected = published[name as keyof typeof published];
      console.log(`residual_verify: ${name} ${value.toPrecision(4)}, published ${expected.toPrecision(4)}`);
      expect(Math.abs(value / expected - 1), name).toBeLessThan(0.02);
    }
  });
});
