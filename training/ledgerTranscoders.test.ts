/** The transcoders that ship are what the card says: these weights, for this model, and they stand in for its MLPs. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import { LEDGER_FACTORS } from "../src/synthetic/ledger/ledgerFactors";
import { reconstruction, residuals, type SiteNumbers } from "./evaluateSaes";
import { lossesOfAll } from "./evaluateTranscoders";
import { encode, readSae } from "./storedSae";
import { problemsOf } from "./writeProblems";

const MODELS = join(import.meta.dirname, "../static/models");
const FOLDER = join(MODELS, "ledger");
const LAYERS = [0, 1, 2, 3];
const stated = JSON.parse(readFileSync(join(FOLDER, "sae/transcoders.json"), "utf8")) as {
  modelSha256: string;
  factors: { id: string }[];
  sites: Record<string, SiteNumbers & { labels: Record<string, string> }>;
  allAtOnce: { chainAndAnswer: { lossRecovered: number } };
};
const coders = LAYERS.map((layer) => readSae(join(FOLDER, "sae", `blocks.${layer}.mlp`)));
const said = LAYERS.map((layer) => stated.sites[`blocks.${layer}.hook_mlp_out`]!);

describe("the transcoders of ledger", () => {
  const engine = createNodeEngine(MODELS);
  beforeAll(async () => {
    await engine.openDevice("cpu");
    await engine.loadModel({ kind: "embedded", name: "ledger" }, "f32", "load");
  });

  it("are those that transcoders.json speaks of, for the model that ships", () => {
    const model = createHash("sha256").update(readFileSync(join(FOLDER, "model.safetensors")));
    expect(stated.modelSha256).toBe(model.digest("hex"));
    expect(Object.keys(stated.sites)).toHaveLength(LAYERS.length);
    for (const layer of LAYERS) expect(coders[layer]!.sha256).toBe(said[layer]!.sha256);
    expect(stated.factors.map(({ id }) => id)).toEqual(LEDGER_FACTORS.map(({ id }) => id));
    for (const { labels } of said) expect(Object.keys(labels).length).toBeGreaterThan(0);
    const card = readFileSync(join(FOLDER, "card.md"), "utf8");
    for (const { sha256 } of said) expect(card).toContain(sha256);
  });

  it("have decoder rows of unit norm, and take nothing off their input", () => {
    for (const { decoder, nLatents, dIn, inputBias } of coders) {
      expect(inputBias).toBeUndefined();
      for (let latent = 0; latent < nLatents; latent++)
        expect(Math.hypot(...decoder.subarray(latent * dIn, (latent + 1) * dIn))).toBeCloseTo(1, 3);
    }
  });

  it("write what the MLPs write about as well as stated", async () => {
    const problems = problemsOf("score", 8);
    for (const layer of LAYERS) {
      const coder = coders[layer]!;
      const x = await residuals(engine, `blocks.${layer}.ln2.normalized`, problems);
      const y = await residuals(engine, `blocks.${layer}.mlp_out`, problems);
      const { fvu, l0 } = reconstruction(
        coder,
        y,
        x.map((row) => encode(coder, row)),
      );
      expect(fvu).toBeLessThan(1.5 * said[layer]!.fvu);
      expect(l0).toBeCloseTo(said[layer]!.l0, 1);
    }
  });

  it("can stand in for all MLPs at once", async () => {
    const { lossRecovered } = await lossesOfAll(engine, coders, problemsOf("score", 6));
    expect(lossRecovered).toBeGreaterThan(stated.allAtOnce.chainAndAnswer.lossRecovered - 0.01);
  });

  it("attach as TopK transcoders, each at its MLP", async () => {
    for (const layer of LAYERS) {
      const source = { kind: "embedded", model: "ledger", folder: `blocks.${layer}.mlp` } as const;
      const [info] = await engine.attachSaes(source, undefined, "attach");
      expect(info).toMatchObject({
        ...{ siteIn: `blocks.${layer}.ln2.normalized`, siteOut: `blocks.${layer}.mlp_out` },
        ...{ activation: "topk", k: 8, nLatents: 512, sha256: said[layer]!.sha256 },
      });
    }
    expect(await engine.saes()).toHaveLength(LAYERS.length);
  });
});
