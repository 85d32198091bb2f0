/** Statistics of several tensors against those of their elements in one; words and colours. */
import { describe, expect, it } from "vitest";
import type { TensorStats } from "../../../protocol/analysis";
import {
  colourRange,
  momentsTable,
  normSeries,
  normsTable,
  outliersOf,
  promptsTable,
  together,
  type Moments,
} from "./statistics";

function momentsOf(values: readonly number[]): Moments {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  const norm = Math.hypot(...values);
  return { count, mean, deviation, norm, min: Math.min(...values), max: Math.max(...values), notFinite: 0 };
}

const NONE: Moments = { count: 0, mean: NaN, deviation: NaN, min: NaN, max: NaN, norm: 0, notFinite: 3 };

describe("together", () => {
  it("is what one tensor of all elements would be like", () => {
    const [a, b, c] = [[1, 2, 9], [-4], [0.5, 0.25]];
    const whole = momentsOf([...a, ...b, ...c]);
    const found = together([momentsOf(a), NONE, momentsOf(b), momentsOf(c)]);
    expect(found).toMatchObject({ count: 6, min: -4, max: 9, notFinite: 3 });
    expect(found.mean).toBeCloseTo(whole.mean, 12);
    expect(found.deviation).toBeCloseTo(whole.deviation, 12);
    expect(found.norm).toBeCloseTo(whole.norm, 12);
  });

  it("knows nothing of nothing", () => {
    expect(together([])).toMatchObject({ count: 0, mean: NaN, min: NaN, norm: 0 });
  });
});

it("has a row a prompt and one for all, a column for each stack", () => {
  const [a, b] = [momentsOf([1, 2]), momentsOf([5])];
  const { columns, rows } = promptsTable(["x", "y"], [a, b]);
  expect(columns.map(({ name }) => name).slice(0, 3)).toEqual(["prompt", "mean", "deviation"]);
  expect(rows.map(([name, mean]) => [name, mean])).toEqual([
    ["x", 1.5],
    ["y", 5],
    ["all 2", 8 / 3],
  ]);
  const stats = a as TensorStats;
  expect(momentsTable({ now: stats }).columns.map(({ name }) => name)).toEqual(["measure", "value"]);
  expect(momentsTable({ now: stats, baseline: stats }).columns.map(({ name }) => name)).toEqual([
    "measure",
    "now",
    "baseline",
  ]);
});

it("has norms by position with its token, or by head", () => {
  const stats = { norms: Float32Array.of(1, 2) } as unknown as TensorStats;
  const both = { now: stats, baseline: stats, difference: stats };
  expect(normSeries(both, "now").map(({ name, dashed }) => [name, dashed])).toEqual([
    ["now", undefined],
    ["baseline", true],
  ]);
  expect(normSeries(both, "difference").map(({ name }) => name)).toEqual(["now − baseline"]);
  const series = normSeries({ now: stats }, "now");
  expect(normsTable(series, ["a", "b"], "position").rows).toEqual([
    [0, "a", 1],
    [1, "b", 2],
  ]);
  expect(normsTable(series, ["", ""], "head").rows).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

it("says where an outlier is", () => {
  const stats = {
    ...momentsOf([0, 0, 0, 4]),
    outliers: [{ at: [2, 1, 0], value: 4 }],
  } as unknown as TensorStats;
  const tokens = ["Ann", "has", "3"];
  expect(outliersOf("blocks.0.attn.z", stats, tokens, new Map())[0]?.where).toBe(
    "position 2 “3”, head 1, dimension 0",
  );
  expect(outliersOf("blocks.0.attn.pattern", stats, tokens, new Map())[0]?.where).toBe(
    "head 2, query 1 “has”, key 0 “Ann”",
  );
  const logits = { ...stats, outliers: [{ at: [1, 7], value: 4 }] } as unknown as TensorStats;
  expect(outliersOf("logits", logits, tokens, new Map([[7, "+"]]))[0]?.where).toBe(
    "position 1 “has”, token id 7 “+”",
  );
  expect(outliersOf("blocks.0.attn.z", stats, tokens, new Map())[0]?.deviations).toBeCloseTo(
    3 / Math.sqrt(3),
    12,
  );
});

it("ends colours at the largest, or where outliers begin", () => {
  const stats = { ...momentsOf([...new Array<number>(99).fill(0), 100]) };
  expect(colourRange(stats, "signed", false)).toEqual([-100, 100]);
  const [low, high] = colourRange(stats, "signed", true);
  expect(high).toBeCloseTo(1 + 4 * stats.deviation, 10);
  expect(low).toBe(-high);
  expect(colourRange(momentsOf([0, 0.5]), "sequential", true)).toEqual([0, 0.5]);
  expect(colourRange(momentsOf([0]), "signed", true)).toEqual([-1, 1]);
  expect(colourRange(NONE, "sequential", true)).toEqual([0, 1]);
});
