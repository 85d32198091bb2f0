/** A model whose heads are known: patterns show them, and cutting them off is seen where it must be. */
import { beforeAll, expect, it } from "vitest";
import type { SweepAxes, SweepChange } from "../../../protocol/analysis";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { openModelFiles } from "../../formats/modelFiles";
import { fileFromBytes } from "../../formats/bytes/source";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { INDUCTION, inductionFiles } from "../../models/inductionModel.samples";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { sweep } from "./sweep";

const ONCE = [3, 9, 14, 0, 7, 11, 5, 2];
const TOKENS = [...ONCE, ...ONCE.slice(0, 5)];
const LAST = TOKENS.length - 1;

let model: Model;
beforeAll(async () => {
  const files = await openModelFiles(inductionFiles().map(({ name, bytes }) => fileFromBytes(name, bytes)));
  model = (await loadModel(await createCpuDevice(), files, "f32", NEVER_CANCELLED)).model;
});

/** log p of the token that came next the first time. */
async function repeats(edits: Edit[] = []): Promise<number> {
  const row = await resolveEdits(model, { tokens: TOKENS, edits });
  const score = [{ row: 0, position: LAST, target: ONCE[5]! }];
  return (await run(model, { rows: [row], score })).scores[0]!;
}

const cut = (layer: number, head: number): Edit[] => [
  { id: "cut", on: true, kind: "zero", site: "attn.z", layers: [layer], heads: [head], strength: 1 },
];

it("repeats what came next", async () => {
  expect(Math.exp(await repeats())).toBeGreaterThan(0.99);
});

it("attends to the previous token, and to the token after the earlier occurrence", async () => {
  const { captures } = await run(model, {
    rows: [{ tokens: TOKENS }],
    capture: ["blocks.0.attn.pattern", "blocks.1.attn.pattern"],
  });
  const weight = (layer: number, head: number, query: number, key: number) =>
    captures[layer]!.data[(head * TOKENS.length + query) * TOKENS.length + key]!;
  for (let query = 1; query < TOKENS.length; query++) {
    expect(weight(0, INDUCTION.previous, query, query - 1)).toBeGreaterThan(0.99);
  }
  // The first token has no token before it: its head attends to itself, so its repetition finds two matches.
  for (let query = ONCE.length + 1; query < TOKENS.length; query++) {
    expect(weight(1, INDUCTION.induction, query, query - ONCE.length + 1)).toBeGreaterThan(0.99);
  }
});

it("forgets when one of the two heads is cut off, and with no other", async () => {
  const base = await repeats();
  for (let layer = 0; layer < 2; layer++) {
    for (let head = 0; head < INDUCTION.nHeads; head++) {
      const isPart = head === (layer === 0 ? INDUCTION.previous : INDUCTION.induction);
      const without = await repeats(cut(layer, head));
      if (isPart) expect(without).toBeLessThan(base - 1);
      else expect(without).toBeCloseTo(base, 5);
    }
  }
});

it("forgets when the induction head does not see the token after the earlier occurrence", async () => {
  const knock = (keys: number[]): Edit[] => [
    { id: "k", on: true, kind: "knockOut", layers: [1], heads: [INDUCTION.induction], keys },
  ];
  expect(await repeats(knock([5]))).toBeLessThan(-1);
  expect(await repeats(knock([4, 6]))).toBeCloseTo(await repeats(), 4);
});

/** Another token after the earlier occurrence, which is position 5. */
const OTHER = TOKENS.map((token, i) => (i === 5 ? 13 : token));
const sweepOf = (axes: SweepAxes, change: SweepChange) =>
  sweep(
    model,
    { prompt: { tokens: TOKENS }, position: LAST, axes, change, metric: { kind: "logProb", target: 13 } },
    NEVER_CANCELLED,
  );

it("is found by sweeps: zeroed heads, patched heads, a causal trace", async () => {
  const zeroed = await sweep(
    model,
    {
      prompt: { tokens: TOKENS },
      position: LAST,
      axes: { kind: "layerHead", site: "attn.z" },
      change: { kind: "zero" },
      metric: { kind: "kl" },
    },
    NEVER_CANCELLED,
  );
  const parts = [INDUCTION.previous, INDUCTION.nHeads + INDUCTION.induction];
  zeroed.values.forEach((kl, cell) => {
    if (parts.includes(cell)) expect(kl).toBeGreaterThan(0.5);
    else expect(kl).toBeLessThan(1e-4);
  });

  // What the induction head writes at the end is the other prompt's answer; what the other heads write is not.
  const patch: SweepChange = { kind: "patch", from: { text: "", tokens: OTHER } };
  const { values, base, donor } = await sweepOf(
    { kind: "layerHead", site: "attn.z", positions: [LAST] },
    patch,
  );
  expect(donor! - base).toBeGreaterThan(3);
  values.forEach((value, cell) =>
    expect(value).toBeCloseTo(cell === INDUCTION.nHeads + INDUCTION.induction ? donor! : base, 3),
  );

  // Before layer 1 the answer stands where the prompts differ; after it, at the end.
  const positions = TOKENS.map((_, i) => i);
  const trace = await sweepOf({ kind: "layerPosition", site: "resid_post", positions }, patch);
  const share = (layer: number, position: number) =>
    (trace.values[layer * TOKENS.length + position]! - base) / (donor! - base);
  expect(share(0, 5)).toBeCloseTo(1, 3);
  expect(share(0, LAST)).toBeCloseTo(0, 3);
  expect(share(1, LAST)).toBeCloseTo(1, 3);
  expect(share(1, 5)).toBeCloseTo(0, 3);
});
