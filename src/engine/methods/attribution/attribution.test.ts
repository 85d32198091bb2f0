/** Direct logit attribution: on every architecture the parts add up to the logit, with and without edits. */
import { describe, expect, it } from "vitest";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "../../models/golden.samples";
import { sitesOf, type Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { attribution } from "./attribution";

type Draft = Edit extends infer E ? (E extends Edit ? Omit<E, "id" | "on"> : never) : never;
const stack = (...edits: Draft[]): Edit[] =>
  edits.map((edit, i) => ({ ...edit, id: `e${i}`, on: true }) as Edit);
const sum = (parts: readonly { readonly value: number }[]) =>
  parts.reduce((total, { value }) => total + value, 0);

async function logitsAt(model: Model, tokens: readonly number[], position: number, edits: Edit[] = []) {
  const row = await resolveEdits(model, { tokens, edits });
  const { captures } = await run(model, { rows: [row], capture: ["logits"] });
  const [, width = 0] = captures[0]!.shape;
  return captures[0]!.data.subarray(position * width, (position + 1) * width);
}

/** Checks every sum that the result promises, at one position. */
async function check(model: Model, tokens: readonly number[], position: number, edits: Edit[] = []) {
  const prompt = { tokens, edits };
  const whole = await logitsAt(model, tokens, position, edits);
  const { logitCap } = model.architecture.weightMap(model.config);
  const capped = (logit: number) => (logitCap === undefined ? logit : logitCap * Math.tanh(logit / logitCap));
  const [target, minus] = [3, 11];
  const one = await attribution(model, { prompt, position, target });
  const other = await attribution(model, { prompt, position, target: minus });
  const difference = await attribution(model, { prompt, position, target, minus });
  expect(capped(one.logit)).toBeCloseTo(whole[target]!, 4);
  expect(difference.logit).toBeCloseTo(one.logit - other.logit, 4);
  for (const result of [one, other, difference]) {
    expect(Math.abs(result.residual)).toBeLessThan(1e-4);
    expect(Math.abs(sum(result.parts) - result.logit)).toBeLessThan(1e-4);
    for (const { layer, value } of result.parts.filter(({ kind }) => kind === "attention")) {
      const ofLayer = result.heads.filter((head) => head.layer === layer);
      expect(ofLayer.filter(({ kind }) => kind === "head")).toHaveLength(model.config.nHeads);
      expect(Math.abs(sum(ofLayer) - value), `layer ${layer}`).toBeLessThan(1e-4);
    }
  }
  return { one, difference };
}

describe.each(GOLDEN_RUNS)("%s %j", (folder, change, recording = "golden.safetensors") => {
  it("takes the logit apart into parts that add up to it, or says why not", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording);
    const { indirect } = model.architecture.weightMap(model.config);
    if (indirect) {
      const asked = attribution(model, { prompt: { tokens }, position: 0, target: 3 });
      return expect(asked).rejects.toMatchObject({
        name: "Unsupported",
        message: expect.stringContaining(indirect),
      });
    }
    const { one } = await check(model, tokens, tokens.length - 1);
    await check(model, tokens, 0);
    const { nLayers } = model.config;
    const kinds = one.parts.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "attention")).toHaveLength(nLayers);
    expect(kinds).not.toContain("edit");
    if (model.architecture.weightMap(model.config).logitCap) expect(one.norm).toMatch(/soft cap of 3/);
    return undefined;
  });

  it("still does under edits of every kind of site", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording);
    if (model.architecture.weightMap(model.config).indirect) return;
    const from = { text: "", tokens: tokens.map((token) => (token + 5) % 17) };
    const direction = {
      kind: "vector" as const,
      name: "test",
      values: Array.from({ length: model.config.dModel }, (_, i) => Math.sin(i)),
    };
    const position = tokens.length - 2;
    const edits = stack(
      { kind: "zero", site: "attn.z", layers: [1], heads: [0], strength: 1 },
      { kind: "patch", site: "attn_out", layers: [0], from, align: "position", strength: 0.5 },
      { kind: "add", site: "resid_post", layers: [0], coefficient: 2, direction },
      { kind: "scale", site: "resid_pre", factor: 1.5, layers: [0], positions: [position] },
      ...(sitesOf(model).includes("ln_final.normalized")
        ? [
            { kind: "scale" as const, site: "ln_final.normalized" as const, factor: 0.5 },
            { kind: "freeze" as const, what: "norms" as const },
          ]
        : []),
    );
    const { one } = await check(model, tokens, position, edits);
    const edited = one.parts.filter(({ kind }) => kind === "edit").map(({ component }) => component);
    expect(edited).toContain("blocks.0.resid_pre");
    expect(edited).toContain("blocks.0.resid_post");
    const elsewhere = await attribution(model, { prompt: { tokens, edits }, position: 0, target: 3 });
    expect(elsewhere.parts.map(({ component }) => component)).not.toContain("blocks.0.resid_pre");
  });
});

it("gives a head that is zeroed nothing, and the others what is left", async () => {
  const model = randomGpt2(await createCpuDevice());
  const tokens = [3, 1, 4, 1, 5];
  const edits = stack({ kind: "zero", site: "attn.z", layers: [1], heads: [1], strength: 1 });
  const { heads } = await attribution(model, { prompt: { tokens, edits }, position: 4, target: 2 });
  expect(heads.find(({ component }) => component === "blocks.1.attn.head.1")?.value).toBe(0);
  expect(heads.find(({ component }) => component === "blocks.1.attn.head.0")?.value).not.toBe(0);
});

it("refuses tokens and positions that are not there", async () => {
  const model = randomGpt2(await createCpuDevice());
  const prompt = { tokens: [1, 2] };
  await expect(attribution(model, { prompt, position: 2, target: 1 })).rejects.toThrow(/positions 0 to 1/);
  await expect(attribution(model, { prompt, position: 0, target: 13 })).rejects.toThrow(/ids 0 to 12/);
});
