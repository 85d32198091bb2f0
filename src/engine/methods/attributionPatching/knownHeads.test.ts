/** Models whose heads are known: first order ranks them as exact patches do, is exact on linear paths, and owns up elsewhere. */
import { beforeAll, describe, expect, it } from "vitest";
import type { SweepAxes, SweepChange, SweepRequest } from "../../../protocol/analysis";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import { fileFromBytes } from "../../formats/bytes/source";
import { openModelFiles } from "../../formats/modelFiles";
import { INDUCTION, inductionFiles } from "../../models/inductionModel.samples";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { PLANTED, plantedModel } from "../../models/plantedModel.samples";
import { sweep } from "../sweep/sweep";
import { attributionPatching } from "./attributionPatching";

const ONCE = [3, 9, 14, 0, 7, 11, 5, 2];
const TOKENS = [...ONCE, ...ONCE.slice(0, 5)];
const LAST = TOKENS.length - 1;
/** Another token after the earlier occurrence, which is position 5. */
const PATCH: SweepChange = {
  kind: "patch",
  from: { text: "", tokens: TOKENS.map((token, i) => (i === 5 ? 13 : token)) },
};
const HEADS: SweepAxes = { kind: "layerHead", site: "attn.z" };
const EVERYWHERE: SweepAxes = {
  kind: "layerPosition",
  site: "resid_post",
  positions: TOKENS.map((_, i) => i),
};

let induction: Model;
let planted: Model;
beforeAll(async () => {
  const device = await createCpuDevice();
  const files = await openModelFiles(inductionFiles().map(({ name, bytes }) => fileFromBytes(name, bytes)));
  induction = (await loadModel(device, files, "f32", NEVER_CANCELLED)).model;
  planted = await plantedModel(device, "for the digit");
});

async function both(model: Model, request: SweepRequest) {
  const exact = await sweep(model, request, NEVER_CANCELLED);
  const check = { largest: 2, random: 3, seed: 1 };
  const first = await attributionPatching(
    model,
    { ...request, at: { kind: "prompt" }, check },
    NEVER_CANCELLED,
  );
  return { exact, first };
}

/** Cells by the size of their effect, those that have one. */
const ranked = (values: Float32Array, base: number) =>
  [...values.keys()]
    .filter((cell) => Math.abs(values[cell]! - base) > 1e-3)
    .sort((a, b) => Math.abs(values[b]! - base) - Math.abs(values[a]! - base));

describe("the induction model", () => {
  const ask = (given: Partial<SweepRequest>) =>
    both(induction, {
      ...{ prompt: { tokens: TOKENS }, position: LAST, axes: HEADS, change: PATCH },
      metric: { kind: "logitDifference", target: 13, minus: ONCE[5]! },
      ...given,
    });

  it("has its patched head found, with the exact size where the way to the logits is linear", async () => {
    for (const axes of [HEADS, { ...HEADS, site: "attn.v" }, EVERYWHERE] as const) {
      const { exact, first } = await ask({ axes });
      expect(ranked(exact.values, exact.base).length).toBeGreaterThan(0);
      expect(ranked(first.values, first.base)).toEqual(ranked(exact.values, exact.base));
      first.values.forEach((value, cell) => expect(value).toBeCloseTo(exact.values[cell]!, 4));
      expect(first.check!.all.meanError).toBeLessThan(1e-4);
      expect(first.check!.largest.relativeError).toBeLessThan(1e-5);
    }
  });

  it("ranks the same head first where the metric is curved, and the check says by how much it is off", async () => {
    const { exact, first } = await ask({ metric: { kind: "logProb", target: 13 } });
    const [found] = ranked(first.values, first.base);
    expect(found).toBe(INDUCTION.nHeads + INDUCTION.induction);
    expect(ranked(exact.values, exact.base)[0]).toBe(found);
    expect(first.check!.largest.relativeError).toBeGreaterThan(0.1);
    expect(first.check!.largest.pearson).toBeGreaterThan(0.99);
  });

  it("does not see through a saturated softmax, and the check of drawn heads shows it", async () => {
    const request: SweepRequest = {
      ...{ prompt: { tokens: TOKENS }, position: LAST, axes: HEADS, change: { kind: "zero" } },
      metric: { kind: "logitDifference", target: ONCE[5]!, minus: 13 },
    };
    const { exact } = await both(induction, request);
    const parts = [INDUCTION.previous, INDUCTION.nHeads + INDUCTION.induction];
    expect(ranked(exact.values, exact.base).toSorted((a, b) => a - b)).toEqual(parts);
    const check = { largest: 1, random: 8, seed: 1 };
    const first = await attributionPatching(
      induction,
      { ...request, at: { kind: "prompt" }, check },
      NEVER_CANCELLED,
    );
    // The induction head is linear; the previous-token head acts through the other's pattern alone.
    expect(ranked(first.values, first.base)).toEqual([INDUCTION.nHeads + INDUCTION.induction]);
    expect(first.check!.largest.relativeError).toBeLessThan(1e-5);
    expect(first.check!.random.n).toBe(8);
    expect(first.check!.random.relativeError).toBeGreaterThan(0.5);
  });
});

it("finds the digit of the planted model, exactly, by position and by head", async () => {
  const tokens = [PLANTED.start, 7, 2, 8, 9, PLANTED.cue];
  const other = tokens.map((token) => (token === 2 ? 4 : token));
  const request = (axes: SweepAxes): SweepRequest => ({
    ...{
      prompt: { tokens },
      position: 5,
      axes,
      change: { kind: "patch", from: { text: "", tokens: other } },
    },
    metric: { kind: "logitDifference", target: 4, minus: 2 },
  });
  const positions = tokens.map((_, i) => i);
  const stream = await both(planted, request({ kind: "layerPosition", site: "resid_pre", positions }));
  expect(ranked(stream.first.values, stream.first.base)).toEqual([2]);
  const heads = await both(planted, request(HEADS));
  expect(ranked(heads.first.values, heads.first.base)).toEqual([0]);
  for (const { exact, first } of [stream, heads]) {
    expect(Math.abs(exact.donor! - exact.base)).toBeGreaterThan(10);
    first.values.forEach((value, cell) => expect(value).toBeCloseTo(exact.values[cell]!, 4));
  }
});
