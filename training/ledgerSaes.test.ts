/** The autoencoders that ship are what the card says: these weights, for this model, and they reconstruct it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import { LEDGER_FACTORS } from "../src/synthetic/ledger/ledgerFactors";
import { residuals } from "./evaluateSaes";
import { decode, encode, readSae } from "./storedSae";
import { problemsOf } from "./writeProblems";

const MODELS = join(import.meta.dirname, "../static/models");
const FOLDER = join(MODELS, "ledger");
const EMBEDDED_LIMIT = 4e6;

type Row = [value: string, latent: number | null, threshold: number | null, p: number, r: number, f1: number];
const stated = JSON.parse(readFileSync(join(FOLDER, "sae/factors.json"), "utf8")) as {
  modelSha256: string;
  factors: { id: string }[];
  sites: Record<string, { sha256: string; fvu: number; factors: Record<string, Row[]>; labels: object }>;
};
const folderOf = (hook: string) => join(FOLDER, "sae", hook.replace("hook_", ""));
const hooks = [0, 1, 2, 3].map((layer) => `blocks.${layer}.hook_resid_post`);

describe("the autoencoders of ledger", () => {
  const engine = createNodeEngine(MODELS);
  beforeAll(async () => {
    await engine.openDevice("cpu");
    await engine.loadModel({ kind: "embedded", name: "ledger" }, "f32", "load");
  });

  it("are those that factors.json speaks of, for the model that ships", () => {
    const model = createHash("sha256").update(readFileSync(join(FOLDER, "model.safetensors")));
    expect(stated.modelSha256).toBe(model.digest("hex"));
    expect(Object.keys(stated.sites)).toEqual(hooks);
    for (const hook of hooks) expect(readSae(folderOf(hook)).sha256).toBe(stated.sites[hook]!.sha256);
    expect(stated.factors.map(({ id }) => id)).toEqual(LEDGER_FACTORS.map(({ id }) => id));
  });

  it("have decoder rows of unit norm", () => {
    for (const hook of hooks) {
      const { decoder, nLatents, dIn } = readSae(folderOf(hook));
      for (let latent = 0; latent < nLatents; latent++) {
        const row = decoder.subarray(latent * dIn, (latent + 1) * dIn);
        expect(Math.hypot(...row)).toBeCloseTo(1, 3);
      }
    }
  });

  it("reconstruct the residual stream about as well as stated", async () => {
    const problems = problemsOf("score", 8);
    for (const hook of hooks) {
      const sae = readSae(folderOf(hook));
      const x = await residuals(engine, hook.replace("hook_", ""), problems);
      let [left, spread] = [0, 0];
      const mean = x[0]!.map((_, i) => x.reduce((sum, row) => sum + row[i]!, 0) / x.length);
      for (const row of x) {
        const made = decode(sae, encode(sae, row));
        row.forEach((value, i) => {
          left += (value - made[i]!) ** 2;
          spread += (value - mean[i]!) ** 2;
        });
      }
      expect(left / spread).toBeLessThan(1.5 * stated.sites[hook]!.fvu);
    }
  });

  it("have a latent for every person, operation and running total, at F1 of at least 0.9 in the mean", () => {
    const meanF1 = (layer: number, factor: string) => {
      const rows = stated.sites[hooks[layer]!]!.factors[factor]!;
      return rows.reduce((sum, row) => sum + row[5], 0) / rows.length;
    };
    expect(meanF1(3, "name to write")).toBeGreaterThan(0.9);
    expect(meanF1(2, "gain or loss")).toBeGreaterThan(0.9);
    expect(meanF1(3, "sign to write")).toBeGreaterThan(0.9);
    expect(meanF1(3, "total to write")).toBeGreaterThan(0.9);
  });

  it("leave all embedded models together below the limit", () => {
    const files = readdirSync(MODELS, { recursive: true, encoding: "utf8" }).map((path) =>
      join(MODELS, path),
    );
    const bytes = files.map((path) => statSync(path)).filter((info) => info.isFile());
    expect(bytes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(EMBEDDED_LIMIT);
  });
});
