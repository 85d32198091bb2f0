/** What is remembered of latents against plain loops over all values: counts, moments, histogram, top and samples. */
import { expect, it } from "vitest";
import { lcg } from "../../../random/lcg";
import { noise } from "../../../random/noise";
import { LatentStats, TOP, type Entry } from "./latentStats";

/** Values of many sizes: a log-normal of sorts. */
const sizes = (count: number, seed: number) => noise(count, seed, 3).map((value) => Math.exp(value));

/** Adds contexts of one latent's values. */
function fed(contexts: readonly (readonly number[])[], seed = 1, latent = 3, order = [...contexts.keys()]) {
  const stats = new LatentStats(5, seed);
  for (const context of order) {
    contexts[context]!.forEach((value, at) => value > 0 && stats.add(latent, Math.fround(value), at));
    stats.endContext(context);
  }
  return stats;
}

const rows = (values: Float32Array, width: number) =>
  Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);

const CONTEXTS = rows(sizes(3000, 4), 6).map((row, i) => row.map((value, j) => ((i + j) % 3 ? value : 0)));
const PEAKS = CONTEXTS.map((row, context): Entry => {
  const value = Math.max(...row);
  return { context, value, at: row.indexOf(value) };
});

it("counts and sums as a loop does", () => {
  const stats = fed(CONTEXTS);
  const values = CONTEXTS.flat().filter((value) => value > 0);
  expect(stats.count(3)).toBe(values.length);
  expect(stats.max(3)).toBe(Math.max(...values));
  for (const power of [1, 2, 3, 4] as const) {
    const expected = values.reduce((sum, value) => sum + value ** power, 0);
    expect(stats.sum(3, power) / expected).toBeCloseTo(1, 12);
  }
  expect([stats.count(2), stats.max(2), stats.sum(2, 1)]).toEqual([0, 0, 0]);
  expect([stats.top(2), stats.sampled(2, 0, 1, 3), stats.histogram(2, 2)]).toEqual([[], [], [0, 0]]);
});

it.each(["rising", "falling", "as they come"])("counts values per bin, %s", (order) => {
  const sign = { rising: 1, falling: -1, "as they come": 0 }[order] ?? 0;
  const values = CONTEXTS.flat()
    .filter((value) => value > 0)
    .sort((a, b) => sign * (a - b));
  const stats = fed(values.map((value) => [value]));
  const max = Math.max(...values);
  const histogram = stats.histogram(3, 20);
  expect(histogram.reduce((a, b) => a + b, 0)).toBe(values.length);
  let below = 0;
  histogram.forEach((count, i) => {
    below += count;
    const edge = (max * (i + 1)) / 20;
    const upTo = (value: number) => values.filter((one) => one < value).length;
    // An edge is good to the width of a bin, 1/32 of the maximum.
    expect(below).toBeGreaterThanOrEqual(upTo(edge - max / 32));
    expect(below).toBeLessThanOrEqual(i === 19 ? values.length : upTo(edge + max / 32));
    expect(count).toBeGreaterThanOrEqual(0);
  });
});

it("is exact where edges fall on bins", () => {
  // 64 bins of [0, 64): 32 of them up to the maximum of 32.
  const values = Array.from({ length: 320 }, (_, i) => (i + 1) / 10);
  const counts = fed(values.map((value) => [value])).histogram(3, 16);
  // From 0 on, edges belong to the bin above; the last edge is the maximum itself.
  const expected = Array.from({ length: 16 }, (_, i) => (i === 0 ? 19 : i === 15 ? 21 : 20));
  counts.forEach((count, i) => expect(Math.abs(count - expected[i]!)).toBeLessThanOrEqual(1));
});

it("keeps the contexts of the largest values, one entry each, the first of equal ones", () => {
  const sorted = [...PEAKS].sort((a, b) => b.value - a.value || a.context - b.context);
  expect(fed(CONTEXTS).top(3)).toEqual(sorted.slice(0, TOP));
  expect(
    fed([[1], [2], [2, 2], [1]])
      .top(3)
      .map(({ context, at }) => [context, at]),
  ).toEqual([
    [1, 0],
    [2, 0],
    [0, 0],
    [3, 0],
  ]);
});

it("samples contexts by their largest value, whatever the order that ranges grew in", () => {
  const max = Math.max(...PEAKS.map(({ value }) => value));
  const samples = (stats: LatentStats) => stats.sampled(3, 0, max, 99);
  const stats = fed(CONTEXTS);
  const list = samples(stats);
  for (const entry of list) expect(PEAKS[entry.context]).toEqual(entry);
  // One of every bin of 1/64 of the range that has any.
  const range = 2 ** Math.ceil(Math.log2(max));
  const bin = ({ value }: Entry) => Math.floor((value / range) * 64);
  expect(list.map(bin)).toEqual([...new Set(PEAKS.map(bin))].sort((a, b) => b - a));
  const rising = [...CONTEXTS.keys()].sort((a, b) => PEAKS[a]!.value - PEAKS[b]!.value);
  for (const order of [rising, [...rising].reverse()]) {
    expect(samples(fed(CONTEXTS, 1, 3, order))).toEqual(list);
  }
  expect(samples(fed(CONTEXTS, 2))).not.toEqual(list);
  const some = stats.sampled(3, max / 10, max / 5, 2);
  expect(some).toHaveLength(2);
  for (const { value } of some) expect(value > max / 10 && value <= max / 5).toBe(true);
});

it("draws uniformly", () => {
  const drawn = new Array<number>(10).fill(0);
  const contexts = Array.from({ length: 10 }, (_, i) => [1 + i / 1e6]);
  for (let seed = 0; seed < 4000; seed++) drawn[fed(contexts, seed).sampled(3, 0, 2, 1)[0]!.context]!++;
  // 400 each, with a standard deviation of 19.
  for (const count of drawn) expect(Math.abs(count - 400)).toBeLessThan(80);
});

it("takes values of any size", () => {
  const values = [1e-44, 3e-39, 2 ** -20, 1, 2 ** 40, 3e38].map(Math.fround);
  const stats = fed(values.map((value) => [value]));
  expect(stats.count(3)).toBe(6);
  expect(stats.histogram(3, 4)).toEqual([5, 0, 0, 1]);
  expect(stats.top(3).map(({ value }) => value)).toEqual([...values].reverse());
});

it("holds no more of a longer corpus", () => {
  const stats = new LatentStats(131_072, 1);
  const next = lcg(1);
  const read = (tokens: number) => {
    for (let token = 0; token < tokens; token++) {
      for (let slot = 0; slot < 32; slot++) {
        const state = next();
        stats.add(state >>> 15, (state & 0x7fff) / 1000 + 1, token % 128);
      }
      if (token % 128 === 127) stats.endContext(token >> 7);
    }
  };
  read(40_000);
  const { bytes } = stats;
  expect(bytes).toBeLessThan(165 * 2 ** 20);
  read(20_000);
  expect(stats.bytes).toBe(bytes);
});
