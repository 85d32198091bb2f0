/** Sweeps on a random GPT-2 and on grouped queries: what must not change, and that every cell is the run that it says. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Metric, SweepAxes, SweepChange, SweepRequest, SweepResult } from "../../../protocol/analysis";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "../../models/golden.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { sweep, sweepCost } from "./sweep";

const CORRUPTED = [3, 1, 4, 1, 5, 9, 2, 6];
const CLEAN = [3, 1, 4, 7, 5, 9, 2, 6];
const DIFFERENT = 3;
const LAST = CORRUPTED.length - 1;
const METRIC: Metric = { kind: "logitDifference", target: 2, minus: 7 };
const named = (tokens: readonly number[]) => ({ text: tokens.join(" "), tokens });
const SET = { name: "three", prompts: [CLEAN, [...CLEAN].reverse(), [...CORRUPTED, 8, 8]].map(named) };
const ALL = CORRUPTED.map((_, i) => i);
const RESIDUAL: SweepAxes = { kind: "layerPosition", site: "resid_pre", positions: ALL };
const HEADS: SweepAxes = { kind: "layerHead", site: "attn.z" };

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

const ask = (axes: SweepAxes, change: SweepChange, more: Partial<SweepRequest> = {}) =>
  sweep(
    model,
    { prompt: { tokens: CORRUPTED }, position: LAST, axes, change, metric: METRIC, ...more },
    NEVER_CANCELLED,
  );

/** The metric of one run with these edits, by the run primitive. */
async function single(edits: readonly Edit[], tokens = CORRUPTED, position = LAST, on = model) {
  const resolved = await resolveEdits(on, { tokens, edits });
  const { scores } = await run(on, {
    rows: [resolved],
    score: [2, 7].map((target) => ({ row: 0, position, target })),
  });
  return scores[0]! - scores[1]!;
}

const edit = (fields: object): Edit => ({ id: "e", on: true, strength: 1, ...fields }) as unknown as Edit;

describe("a sweep", () => {
  it("that patches a prompt into itself changes nothing", async () => {
    for (const axes of [RESIDUAL, HEADS, { kind: "layerSublayer" }] as const) {
      const { values, base, donor, cellsDone, cells } = await ask(axes, {
        kind: "patch",
        from: named(CORRUPTED),
      });
      expect(cellsDone).toBe(cells);
      expect(donor).toBeCloseTo(base, 6);
      values.forEach((value) => expect(value).toBeCloseTo(base, 5));
    }
  });

  it("restores the clean metric by the first residual at the only position that differs", async () => {
    const { values, base, donor, colLabels } = await ask(RESIDUAL, { kind: "patch", from: named(CLEAN) });
    expect(Math.abs(donor! - base)).toBeGreaterThan(0.01);
    expect(donor).toBeCloseTo(await single([], CLEAN), 5);
    expect(values[DIFFERENT]).toBeCloseTo(donor!, 5);
    // Nothing but that position differs before the first layer.
    ALL.filter((position) => position !== DIFFERENT).forEach((position) =>
      expect(values[position]).toBeCloseTo(base, 5),
    );
    expect(colLabels[DIFFERENT]).toBe("3");
    // After the last layer only the position that is read matters, and it carries everything.
    const last = await ask({ ...RESIDUAL, site: "resid_post" }, { kind: "patch", from: named(CLEAN) });
    const [before, read] = [last.values.at(-2), last.values.at(-1)];
    expect(before).toBeCloseTo(base, 5);
    expect(read).toBeCloseTo(donor!, 5);
  });

  it("is single edited runs: zero, mean, resample, patch", async () => {
    const changes = [
      [{ kind: "zero" }, {}],
      [
        { kind: "mean", over: SET },
        { over: SET, by: "token" },
      ],
      [
        { kind: "resample", from: SET, seed: 5 },
        { from: SET, seed: 5 },
      ],
      [
        { kind: "patch", from: named(CLEAN) },
        { from: named(CLEAN), align: "position" },
      ],
    ] as const;
    for (const [change, fields] of changes) {
      const heads = await ask(HEADS, change);
      const residual = await ask({ ...RESIDUAL, site: "resid_mid", positions: [2, 5] }, change);
      for (const layer of [0, 1]) {
        for (const head of [0, 1]) {
          const one = edit({ kind: change.kind, site: "attn.z", layers: [layer], heads: [head], ...fields });
          expect(heads.values[2 * layer + head]).toBeCloseTo(await single([one]), 5);
        }
        for (const [col, position] of [2, 5].entries()) {
          const where = { site: "resid_mid", layers: [layer], positions: [position] };
          const one = edit({ kind: change.kind, ...where, ...fields });
          expect(residual.values[2 * layer + col]).toBeCloseTo(await single([one]), 5);
        }
      }
    }
  });

  it("goes over neurons and over any sites", async () => {
    const neurons = await ask({ kind: "neurons", layer: 1, neurons: [0, 5, 31] }, { kind: "zero" });
    expect(neurons.rowLabels).toEqual(["0", "5", "31"]);
    expect(neurons.values[1]).toBeCloseTo(
      await single([edit({ kind: "zero", site: "mlp.post", layers: [1], dims: [5] })]),
      5,
    );
    const sites = ["embed", "blocks.0.attn.pattern", "blocks.1.mlp_out"];
    const list = await ask({ kind: "sites", sites }, { kind: "zero" });
    expect(list.rowLabels).toEqual(sites);
    expect(list.values[2]).toBeCloseTo(
      await single([edit({ kind: "zero", site: "mlp_out", layers: [1] })]),
      5,
    );
    const patterns = await ask({ ...HEADS, site: "attn.pattern" }, { kind: "patch", from: named(CLEAN) });
    const head = { kind: "patch", site: "attn.pattern", layers: [1], heads: [0] };
    expect(patterns.values[2]).toBeCloseTo(
      await single([edit({ ...head, from: named(CLEAN), align: "position" })]),
      5,
    );
  });

  it("applies the prompt's own edits in every cell, and before its change", async () => {
    const own = edit({ kind: "scale", site: "attn.z", factor: 0.3 });
    const prompt = {
      tokens: CORRUPTED,
      edits: [own, edit({ kind: "token", position: 1, token: 8, text: "" })],
    };
    const { values, base } = await ask(HEADS, { kind: "zero" }, { prompt });
    expect(base).toBeCloseTo(await single(prompt.edits), 5);
    const zero = edit({ kind: "zero", site: "attn.z", layers: [0], heads: [1] });
    expect(values[1]).toBeCloseTo(await single([...prompt.edits, zero]), 5);
  });

  it("reads log p, probability and KL where it is asked to", async () => {
    const at = { position: 5 };
    const change: SweepChange = { kind: "patch", from: named(CLEAN) };
    const logs = await ask(RESIDUAL, change, { ...at, metric: { kind: "logProb", target: 2 } });
    const probabilities = await ask(RESIDUAL, change, { ...at, metric: { kind: "probability", target: 2 } });
    logs.values.forEach((value, i) => expect(probabilities.values[i]).toBeCloseTo(Math.exp(value), 6));
    // What comes after the position that is read cannot matter.
    expect([...logs.values.slice(6, 8)]).toEqual([logs.base, logs.base].map(Math.fround));
    const kl = await ask(RESIDUAL, change, { ...at, metric: { kind: "kl" } });
    expect(kl.base).toBe(0);
    expect(kl.values[DIFFERENT]).toBeCloseTo(kl.donor!, 5);
    expect(kl.donor).toBeCloseTo(await klByCapture(), 5);
    kl.values.forEach((value) => expect(value).toBeGreaterThanOrEqual(0));
  });

  async function klByCapture() {
    const { captures } = await run(model, {
      rows: [{ tokens: CORRUPTED }, { tokens: CLEAN }],
      capture: ["logits"],
    });
    const [p, q] = captures.map(({ data, shape }) => {
      const row = Array.from(data.subarray(5 * shape[1]!, 6 * shape[1]!));
      const sum = Math.log(row.reduce((all, logit) => all + Math.exp(logit), 0));
      return row.map((logit) => logit - sum);
    });
    return p!.reduce((sum, logP, i) => sum + Math.exp(logP) * (logP - q![i]!), 0);
  }

  it.each(GOLDEN_RUNS)("shares what comes before the change: %s %j", async (folder, change, recording) => {
    const other = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording ?? "golden.safetensors");
    const position = tokens.length - 1;
    const axes: SweepAxes = { kind: "layerPosition", site: "attn_out", positions: [position - 2, position] };
    const request: SweepRequest = {
      prompt: { tokens },
      position,
      axes,
      change: { kind: "zero" },
      metric: METRIC,
    };
    const { values } = await sweep(other, request, NEVER_CANCELLED);
    const zero = edit({ kind: "zero", site: "attn_out", layers: [0], positions: [position - 2] });
    expect(values[0]).toBeCloseTo(await single([zero], tokens, position, other), 5);
  });

  it("names key-value heads of grouped queries", async () => {
    const grouped = await loadChanged(await openFolder("llama"), {});
    const request: SweepRequest = {
      prompt: { tokens: CORRUPTED },
      position: LAST,
      axes: { kind: "layerHead", site: "attn.v", positions: [2, 3] },
      change: { kind: "zero" },
      metric: METRIC,
    };
    const { values, colLabels } = await sweep(grouped, request, NEVER_CANCELLED);
    expect(colLabels).toHaveLength(grouped.config.nKvHeads);
    const zero = edit({ kind: "zero", site: "attn.v", layers: [1], heads: [0], positions: [2, 3] });
    expect(values[colLabels.length]).toBeCloseTo(await single([zero], CORRUPTED, LAST, grouped), 5);
  });

  it("says what it costs, and costs no more", async () => {
    const change: SweepChange = { kind: "patch", from: named(CLEAN) };
    const request = { prompt: { tokens: CORRUPTED }, position: LAST, axes: RESIDUAL, change, metric: METRIC };
    const cost = sweepCost(model, request);
    // Two layers of cells at every position; each begins at its own.
    expect(cost).toEqual({ cells: 16, tokens: 8 + 2 * 36 + 8 + 8 });
    const fresh = await sweep(model, request, NEVER_CANCELLED);
    expect(fresh.evaluatedTokens).toBeLessThanOrEqual(cost.tokens);
    expect(fresh.evaluatedTokens).toBeGreaterThanOrEqual(8 + 2 * 36);
  });

  it("keeps its partial cells when it is cancelled", async () => {
    const big = randomGpt2(await createCpuDevice(), { n_layer: 8, n_embd: 128, n_head: 8, n_positions: 256 });
    const tokens = Array.from({ length: 96 }, (_, i) => i % 13);
    const token = new CancelToken();
    const partials: SweepResult[] = [];
    const work = sweep(
      big,
      { prompt: { tokens }, position: 95, axes: HEADS, change: { kind: "zero" }, metric: METRIC },
      token,
      (partial) => {
        partials.push(partial);
        token.cancel();
      },
    );
    await expect(work).rejects.toThrow("Cancelled");
    const kept = partials.at(-1)!;
    expect(kept.cellsDone).toBeGreaterThan(0);
    expect(kept.cellsDone).toBeLessThan(kept.cells);
    expect(kept.values.filter((value) => !Number.isNaN(value))).toHaveLength(kept.cellsDone);
  });

  it("refuses what it cannot do, with the numbers", async () => {
    const patch = (tokens: number[]): SweepChange => ({ kind: "patch", from: named(tokens) });
    await expect(ask(HEADS, patch(CLEAN.slice(1)))).rejects.toThrow(/8 tokens, the other 7/);
    await expect(ask({ ...RESIDUAL, positions: [8] }, { kind: "zero" })).rejects.toThrow(/position 8/);
    await expect(ask(HEADS, { kind: "zero" }, { position: 8 })).rejects.toThrow(/positions 0 to 7/);
    const short = { name: "short", prompts: [named([1, 2, 3])] };
    await expect(ask(HEADS, { kind: "resample", from: short, seed: 1 })).rejects.toThrow(/at least 8 tokens/);
    await expect(ask({ kind: "neurons", layer: 2, neurons: [0] }, { kind: "zero" })).rejects.toThrow(
      /layer 2/,
    );
    await expect(ask(HEADS, { kind: "zero" }, { metric: { kind: "logProb", target: 13 } })).rejects.toThrow(
      /token 13/,
    );
  });
});
