/** Statistics of tensors against numbers worked out by hand, and against naive sums. */
import { describe, expect, it } from "vitest";
import { HISTOGRAM_BINS, indexAlongAxes, OUTLIERS, tensorStats } from "./tensorStats";

describe("tensorStats", () => {
  it("describes a small matrix", () => {
    const stats = tensorStats(Float32Array.of(3, -4, 0, 0, 0, 1), [3, 2]);
    expect(stats).toMatchObject({ count: 6, mean: 0, min: -4, max: 3, notFinite: 0 });
    expect(stats.deviation).toBeCloseTo(Math.sqrt(26 / 6), 12);
    expect(stats.norm).toBeCloseTo(Math.sqrt(26), 12);
    expect([...stats.norms]).toEqual([5, 0, 1]);
    expect(stats.outliers.slice(0, 3)).toEqual([
      { at: [0, 1], value: -4 },
      { at: [0, 0], value: 3 },
      { at: [2, 1], value: 1 },
    ]);
    // From -4 to 3 in steps of 7/40: 0 is at 22.9, 1 at 28.6, and the largest falls into the last.
    expect(stats.histogram.flatMap((n, bin) => (n > 0 ? [[bin, n]] : []))).toEqual([
      [0, 1],
      [22, 3],
      [28, 1],
      [HISTOGRAM_BINS - 1, 1],
    ]);
  });

  it("counts what is not finite apart", () => {
    const stats = tensorStats(Float32Array.of(-Infinity, 2, NaN, 4, Infinity, 0), [2, 3]);
    expect(stats).toMatchObject({ count: 3, notFinite: 3, mean: 2, min: 0, max: 4 });
    expect(stats.deviation).toBeCloseTo(Math.sqrt(8 / 3), 12);
    expect(stats.outliers.map(({ value }) => value)).toEqual([4, 2, 0]);
    expect(stats.histogram.reduce((sum, n) => sum + n, 0)).toBe(3);
    expect([...stats.norms]).toEqual([2, 4]);
  });

  it("has no moments of nothing", () => {
    const stats = tensorStats(Float32Array.of(NaN), [1, 1]);
    expect(stats).toMatchObject({ count: 0, mean: NaN, deviation: NaN, min: NaN, max: NaN, norm: 0 });
    expect(stats.outliers).toEqual([]);
  });

  it("puts equal values into one bin, and keeps a small deviation of large numbers", () => {
    const equal = tensorStats(new Float32Array(8).fill(5), [2, 4]);
    expect(equal).toMatchObject({ mean: 5, deviation: 0 });
    expect(equal.histogram[0]).toBe(8);
    const far = Float32Array.from({ length: 1000 }, (_, i) => 1e6 + (i % 2));
    expect(tensorStats(far, [1000, 1]).deviation).toBeCloseTo(0.5, 10);
  });

  it("names the largest of many, equals in order", () => {
    const data = Float32Array.from({ length: 1000 }, (_, i) => ((i * 37) % 101) - 50);
    const expected = [...data.keys()].sort((a, b) => Math.abs(data[b]!) - Math.abs(data[a]!) || a - b);
    const { outliers } = tensorStats(data, [10, 10, 10]);
    expect(outliers.map(({ at: [a = 0, b = 0, c = 0] }) => 100 * a + 10 * b + c)).toEqual(
      expected.slice(0, OUTLIERS),
    );
  });
});

it("turns an index into one along each axis", () => {
  expect(indexAlongAxes(23, [2, 3, 4])).toEqual([1, 2, 3]);
  expect(indexAlongAxes(5, [2, 3, 4])).toEqual([0, 1, 1]);
});
