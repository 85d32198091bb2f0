/** Importances from rollouts by hand. */
import { expect, it } from "vitest";
import type { Rollout } from "../../../protocol/anchors";
import { alike, importanceColumns, importancesOf, receiverHeads, stepOnStep } from "./view";

const roll = (start: number, right: boolean, changes: Partial<Rollout> = {}): Rollout => ({
  ...{ start, index: 0, forced: false, text: "", right, steps: [[1]], cosine: Float32Array.of(1, 1) },
  ...changes,
});

it("takes shares of right answers before a step from those after it", () => {
  const rollouts = [
    // In place of step 1: half are right; those that wrote another step are wrong.
    roll(0, true),
    roll(0, false, { cosine: Float32Array.of(0.2, 0) }),
    // With step 1 kept: all right.
    roll(1, true),
    roll(1, true),
    roll(2, true),
    roll(0, false, { forced: true, steps: [], cosine: new Float32Array() }),
    roll(1, true, { forced: true, steps: [], cosine: new Float32Array() }),
    roll(2, true, { forced: true, steps: [], cosine: new Float32Array() }),
  ];
  const found = importancesOf(rollouts, 2, 0.8);
  expect(found.resampling.map(({ value }) => value)).toEqual([0.5, 0]);
  expect(found.counterfactual[0]!.value).toBe(1);
  // Nobody wrote another step in place of step 2.
  expect(found.counterfactual[1]!.value).toBeNaN();
  expect(found.forced.map(({ value }) => value)).toEqual([1, 0]);
  expect(found.counts).toEqual([2, 2, 1]);
  expect(found.kl[0]).toBeGreaterThan(0);
  const [resampling] = importanceColumns(found);
  expect(resampling!.low![0]!).toBeLessThan(0.5);
  expect(resampling!.high![0]!).toBeGreaterThan(0.5);
});

it("tells how much oftener a later step is written where one is kept", () => {
  const rollouts = [
    roll(1, true, { cosine: Float32Array.of(0, 0.9) }),
    roll(1, true, { cosine: Float32Array.of(0, 0.9) }),
    roll(0, false, { cosine: Float32Array.of(0.1, 0.1) }),
    roll(0, true, { cosine: Float32Array.of(0.1, 0.95) }),
    // Wrote the step itself again: it does not count as one without it.
    roll(0, true, { cosine: Float32Array.of(0.99, 0.1) }),
  ];
  const matrix = stepOnStep(rollouts, 2, 0.8);
  expect(matrix[1]).toBe(0.5);
  expect([matrix[0], matrix[2], matrix[3]]).toEqual([NaN, NaN, NaN]);
});

it("correlates over the cells that both have", () => {
  const found = alike(Float32Array.of(NaN, 1, 2, 3), Float32Array.of(5, 10, NaN, 30));
  expect(found).toEqual({ rho: 1, tau: 1, n: 2 });
});

it("puts the head first that looks at one step from everywhere", () => {
  const n = 12;
  const attention = new Float32Array(2 * n * n);
  for (let from = 0; from < n; from++)
    for (let to = 0; to <= from; to++) {
      attention[from * n + to] = 1 / (from + 1);
      attention[n * n + from * n + to] = to === 1 ? 1 : 0;
    }
  const { distance, scored, heads } = receiverHeads({ n, nLayers: 1, nHeads: 2, attention }, 4, false);
  expect([distance, scored]).toEqual([4, 8]);
  expect(heads[0]!.name).toBe("0.1");
  expect(heads[0]!.vertical[1]).toBe(1);
  expect(heads[0]!.vertical[8]).toBeNaN();
});

it("ranks no head of a short chain", () => {
  const n = 8;
  const attention = Float32Array.from({ length: 2 * n * n }, (_, i) => Math.sin(i) ** 2);
  const { scored, heads } = receiverHeads({ n, nLayers: 1, nHeads: 2, attention }, 4, false);
  expect(scored).toBe(7);
  expect(heads.map(({ name }) => name)).toEqual(["0.0", "0.1"]);
  expect(heads.map(({ score }) => score)).toEqual([NaN, NaN]);
  expect(heads[0]!.vertical.filter((value) => !Number.isNaN(value))).toHaveLength(7);
});
