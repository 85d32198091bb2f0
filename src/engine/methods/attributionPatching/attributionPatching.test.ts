/** Estimates are slopes of the exact cells, for every kind of cell, change, metric and place of the gradient. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Metric, SweepAxes, SweepChange } from "../../../protocol/analysis";
import type {
  AttributionPatchingRequest,
  AttributionPatchingResult,
} from "../../../protocol/gradients/attributions";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import type { AffineChange, Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { changeValues, cellChange } from "../../interp/cells/cellChange";
import { sweepGrid } from "../../interp/cells/sweepCells";
import { resolveEdits } from "../../interp/interventions/index";
import { rowValues } from "../../interp/interventions/donors";
import { run } from "../../interp/pass/runRows";
import { loadChanged, openFolder } from "../../models/golden.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { sweep } from "../sweep/sweep";
import { attributionPatching } from "./attributionPatching";

const CORRUPTED = [3, 1, 4, 1, 5, 9, 2, 6];
const CLEAN = [3, 1, 4, 7, 5, 9, 2, 6];
const READ = 6;
const named = (tokens: readonly number[]) => ({ text: tokens.join(" "), tokens });
const SET = { name: "three", prompts: [CLEAN, [...CLEAN].reverse(), [...CORRUPTED, 8, 8]].map(named) };
const DIFFERENCE: Metric = { kind: "logitDifference", target: 2, minus: 7 };
const PATCH: SweepChange = { kind: "patch", from: named([1, 8, 2, 9, 3, 3, 7, 0]) };
const RESIDUAL: SweepAxes = { kind: "layerPosition", site: "resid_pre", positions: [0, 3, 5, 6, 7] };
const HEADS: SweepAxes = { kind: "layerHead", site: "attn.z" };

let model: Model;
let llama: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
  llama = await loadChanged(await openFolder("llama"), {});
});

const requestOf = (given: Partial<AttributionPatchingRequest>): AttributionPatchingRequest => ({
  ...{ prompt: { tokens: CORRUPTED }, position: READ, axes: HEADS, change: PATCH, metric: DIFFERENCE },
  at: { kind: "prompt" },
  ...given,
});
const ask = (given: Partial<AttributionPatchingRequest> = {}, on = model) =>
  attributionPatching(on, requestOf(given), NEVER_CANCELLED);

const edit = (fields: object): Edit => ({ id: "e", on: true, strength: 1, ...fields }) as unknown as Edit;

/** The metric of one edited run; a divergence is from the request's own prompt. */
async function metricOf(
  on: Model,
  metric: Metric,
  tokens: readonly number[],
  interventions: readonly AffineChange[],
  own: AttributionPatchingRequest,
) {
  const base = await resolveEdits(on, own.prompt);
  const rows = [{ tokens, interventions }, base];
  const { captures } = await run(on, { rows, capture: ["logits"] });
  const [logits, before] = captures.map(({ data, shape }) => {
    const cols = shape[1]!;
    const all = [...data.slice(own.position * cols, (own.position + 1) * cols)];
    const total = Math.log(all.reduce((sum, one) => sum + Math.exp(one), 0));
    return all.map((one) => one - total);
  }) as [number[], number[]];
  switch (metric.kind) {
    case "logitDifference":
      return logits[metric.target]! - logits[metric.minus]!;
    case "logProb":
      return logits[metric.target]!;
    case "probability":
      return Math.exp(logits[metric.target]!);
    case "kl":
      return before.reduce((sum, logP, i) => sum + Math.exp(logP) * (logP - logits[i]!), 0);
  }
}

/** Each effect is the slope of the metric as the cell's elements go a little way from x to v, to 1 % of the largest. */
async function expectSlopes(given: Partial<AttributionPatchingRequest>, on = model): Promise<void> {
  const request = requestOf(given);
  const {
    values,
    base,
    alarms,
    cellsDone,
    cells: count,
  } = await attributionPatching(on, request, NEVER_CANCELLED);
  expect(alarms).toEqual([]);
  expect(cellsDone).toBe(count);
  const { cells } = sweepGrid(on, request.axes, CORRUPTED.length);
  const prompt = await resolveEdits(on, request.prompt);
  const puts = await changeValues(on, request.change, cells, request.position, NEVER_CANCELLED);
  const donor = request.change.kind === "patch" ? request.change.from.tokens : [];
  const place = request.at.kind === "donor" ? { tokens: donor, interventions: [] } : prompt;
  const before = await rowValues(on, prompt, [...new Set(cells.map(({ site }) => site))]);
  const slopes: number[] = [];
  for (const cell of cells) {
    const change = cellChange(cell, puts.get(cell.site), request.change.kind !== "mean");
    const x = before.get(cell.site)!;
    const columns = x.width;
    const toward = (share: number): AffineChange => {
      const data = Float32Array.from(x.data, (old, i) => {
        const position = Math.floor(i / columns);
        const row = change.valuePositions ? change.valuePositions.indexOf(position) : 0;
        const next = change.values ? (change.values[row * columns + (i % columns)] ?? NaN) : 0;
        // Only the rows that are changed are used; scores out of sight are not finite.
        return Number.isFinite(next - old) ? share * (next - old) : 0;
      });
      return { ...change, keep: 1, values: data, valuePositions: CORRUPTED.map((_, i) => i) };
    };
    const h = 0.01;
    const at = async (share: number) =>
      metricOf(
        on,
        request.metric,
        place.tokens,
        [...(place.interventions as AffineChange[]), toward(share)],
        request,
      );
    slopes.push(((await at(h)) - (await at(-h))) / (2 * h));
  }
  const largest = Math.max(...slopes.map(Math.abs));
  expect(largest).toBeGreaterThan(1e-4);
  slopes.forEach((slope, i) =>
    expect(Math.abs(values[i]! - base - slope) / largest, `cell ${i}`).toBeLessThan(0.01),
  );
}

describe("an estimate", () => {
  const axes: [string, SweepAxes][] = [
    ["residuals", RESIDUAL],
    ["residuals after attention", { ...RESIDUAL, site: "resid_mid" }],
    ["heads", HEADS],
    ["heads at positions", { ...HEADS, positions: [2, 5] }],
    ["queries", { ...HEADS, site: "attn.q" }],
    ["values", { ...HEADS, site: "attn.v" }],
    ["patterns", { ...HEADS, site: "attn.pattern" }],
    ["sublayers", { kind: "layerSublayer", positions: [1, 3, 6] }],
    ["neurons", { kind: "neurons", layer: 1, neurons: [0, 5, 31] }],
    ["any sites", { kind: "sites", sites: ["embed", "blocks.1.attn.scores", "blocks.0.ln2.scale"] }],
  ];
  it.each(axes)("of %s is the slope of the exact cell", (_, given) => expectSlopes({ axes: given }));

  it.each<[string, SweepChange]>([
    ["zero", { kind: "zero" }],
    ["mean", { kind: "mean", over: SET }],
    ["resample", { kind: "resample", from: SET, seed: 5 }],
  ])("of %s, too", async (_, change) => {
    await expectSlopes({ change });
    await expectSlopes({ change, axes: RESIDUAL });
  });

  it.each<Metric>([
    { kind: "logProb", target: 4 },
    { kind: "probability", target: 4 },
  ])("of $kind, too", (metric) => expectSlopes({ metric }));

  it("has its gradient in the donor, where a divergence has one", async () => {
    await expectSlopes({ at: { kind: "donor" } });
    await expectSlopes({ at: { kind: "donor" }, metric: { kind: "kl" }, axes: RESIDUAL });
    await expectSlopes({ at: { kind: "donor" }, metric: { kind: "probability", target: 4 } });
  });

  it("meets the prompt's own edits, and comes after them", async () => {
    const edits = [
      edit({ kind: "scale", site: "attn.z", factor: 0.3 }),
      edit({ kind: "token", position: 1, token: 8, text: "" }),
      edit({ kind: "knockOut", layers: [1], heads: [0], keys: [2] }),
    ];
    await expectSlopes({ prompt: { tokens: CORRUPTED, edits }, change: { kind: "zero" } });
  });

  it("names key-value heads of grouped queries", () =>
    expectSlopes({ axes: { kind: "layerHead", site: "attn.k", positions: [2, 3] } }, llama));

  it("adds up along the path to the whole difference", async () => {
    const positions = CORRUPTED.map((_, i) => i);
    const axes: SweepAxes = { kind: "layerPosition", site: "resid_pre", positions };
    const at = { kind: "path", steps: 64 } as const;
    for (const metric of [DIFFERENCE, { kind: "kl" }, { kind: "probability", target: 4 }] as const) {
      const { values, base, donor } = await ask({ axes, at, metric });
      const first = [...values.slice(0, positions.length)].map((value) => value - base);
      expect(Math.abs(donor! - base)).toBeGreaterThan(0.003);
      expect(first.reduce((sum, one) => sum + one, 0)).toBeCloseTo(donor! - base, 3);
    }
  });

  it("of a patch into itself is nothing", async () => {
    const { values, base } = await ask({ change: { kind: "patch", from: named(CORRUPTED) }, axes: RESIDUAL });
    values.forEach((value) => expect(value).toBeCloseTo(base, 6));
  });

  it("has the sweep's grid, base, donor and cells out of reach", async () => {
    const request = requestOf({ axes: RESIDUAL });
    const exact = await sweep(model, request, NEVER_CANCELLED);
    const first = await ask({ axes: RESIDUAL });
    expect([first.rowLabels, first.colLabels, first.cells]).toEqual([
      exact.rowLabels,
      exact.colLabels,
      exact.cells,
    ]);
    expect([first.base, first.donor]).toEqual([exact.base, exact.donor]);
    // Position 7 is behind what is read.
    expect([first.values[4], first.values[9]]).toEqual([exact.base, exact.base]);
    expect(first.evaluatedTokens).toBeLessThan(exact.evaluatedTokens);
  });
});

describe("a check", () => {
  const check = { largest: 3, random: 4, seed: 7 };

  it("has the sweep's numbers, and says how far estimates are off", async () => {
    const exact = await sweep(model, requestOf({ axes: RESIDUAL }), NEVER_CANCELLED);
    const { check: found, values, base } = await ask({ axes: RESIDUAL, check });
    const { cells } = found!;
    expect(cells.filter(({ isLargest }) => isLargest)).toHaveLength(3);
    expect(cells.filter(({ isRandom }) => isRandom)).toHaveLength(4);
    for (const cell of cells) {
      expect(cell.exact).toBeCloseTo(exact.values[cell.index]!, 6);
      expect(cell.estimate).toBe(values[cell.index]);
    }
    const least = Math.min(
      ...cells.filter(({ isLargest }) => isLargest).map((cell) => Math.abs(cell.estimate - base)),
    );
    const larger = [...values].filter((value) => Math.abs(value - base) > least);
    expect(larger.length).toBeLessThanOrEqual(2);
    const errors = cells.map((cell) => Math.abs(cell.estimate - cell.exact));
    expect(found!.all.n).toBe(cells.length);
    expect(found!.all.meanError).toBeCloseTo(errors.reduce((a, b) => a + b) / errors.length, 6);
    expect(found!.all.meanError).toBeGreaterThan(1e-4);
    expect(found!.random.n).toBe(4);
    const again = await ask({ axes: RESIDUAL, check });
    expect(again.check!.cells.map(({ index }) => index)).toEqual(cells.map(({ index }) => index));
    const other = await ask({ axes: RESIDUAL, check: { ...check, seed: 8 } });
    expect(other.check!.cells.map(({ index }) => index)).not.toEqual(cells.map(({ index }) => index));
  });

  it("agrees wholly where the model is linear", async () => {
    // After the last block only the final norm is left; held at its scale, logits are linear in the stream.
    const frozen = edit({ kind: "freeze", what: "norms" });
    const axes: SweepAxes = { kind: "layerPosition", site: "resid_post", positions: [READ] };
    const prompt = { tokens: CORRUPTED, edits: [frozen] };
    const { check: found } = await ask({ axes, prompt, check: { largest: 1, random: 0, seed: 1 } });
    const last = await ask({
      ...{
        axes: { kind: "sites", sites: ["blocks.1.resid_post", "blocks.1.attn_out", "blocks.1.mlp_out"] },
        prompt,
      },
      check: { largest: 3, random: 0, seed: 1 },
    });
    expect(found!.all.n).toBe(1);
    const linear = last.check!.cells.filter(({ index }) => index !== 1);
    linear.forEach(({ estimate, exact }) => expect(estimate).toBeCloseTo(exact, 4));
    // What attention writes goes through the MLP too.
    const through = last.check!.cells[1]!;
    expect(Math.abs(through.estimate - through.exact)).toBeGreaterThan(1e-4);
  });
});

it("passes on gradients that are nothing but zeros", async () => {
  const prompt = { tokens: CORRUPTED, edits: [edit({ kind: "zero", site: "resid_post", layers: [1] })] };
  const { alarms, values, base } = await ask({ prompt, axes: { ...HEADS } });
  expect(alarms).toEqual(
    [0, 1].map((layer) => ({ kind: "allZero", site: `blocks.${layer}.attn.z`, at: "prompt" })),
  );
  values.forEach((value) => expect(value).toBe(Math.fround(base)));
});

it("takes long prompts a few sites at a time", async () => {
  const { siteGroups } = await import("./siteGroups");
  const sites = Array.from({ length: 2 }, (_, layer) => `blocks.${layer}.attn.pattern`);
  expect(siteGroups(model, sites, 8)).toEqual([sites]);
  // 2 heads × 6000² × 4 bytes are above the bound.
  expect(siteGroups(model, sites, 6000)).toEqual(sites.map((site) => [site]));
});

it("keeps what is done when it is cancelled", async () => {
  const token = new CancelToken();
  const partials: AttributionPatchingResult[] = [];
  const big = randomGpt2(await createCpuDevice(), { n_layer: 4, n_embd: 128, n_head: 8, n_positions: 256 });
  const tokens = Array.from({ length: 96 }, (_, i) => i % 13);
  const request = requestOf({
    prompt: { tokens },
    position: 95,
    change: { kind: "zero" },
    check: { largest: 32, random: 0, seed: 1 },
  });
  const work = attributionPatching(big, request, token, (partial) => {
    partials.push(partial);
    if (partial.check?.cells.some(({ exact }) => !Number.isNaN(exact))) token.cancel();
  });
  await expect(work).rejects.toThrow("Cancelled");
  const kept = partials.at(-1)!;
  expect(kept.cellsDone).toBe(kept.cells);
  expect(kept.check!.all.n).toBeGreaterThan(0);
  expect(kept.check!.all.n).toBeLessThan(32);
});

it("refuses what it cannot do, with the numbers", async () => {
  await expect(ask({ metric: { kind: "kl" } })).rejects.toThrow(/its gradient there is 0/);
  await expect(ask({ change: { kind: "zero" }, at: { kind: "donor" } })).rejects.toThrow(
    /zero there is no other prompt/,
  );
  await expect(ask({ at: { kind: "path", steps: 0 } })).rejects.toThrow(/0 steps/);
  await expect(ask({ position: 8 })).rejects.toThrow(/positions 0 to 7/);
  await expect(ask({ change: { kind: "patch", from: named([1, 2]) } })).rejects.toThrow(
    /8 tokens, the other 2/,
  );
  await expect(ask({ metric: { kind: "logProb", target: 13 } })).rejects.toThrow(/token 13/);
});
