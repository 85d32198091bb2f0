/** Draws are part of what a link, a recording and a trained model stand for: each of these numbers stays what it is. */
import { describe, expect, it } from "vitest";
import { gaussian, gumbel } from "./distributions";
import { Draws } from "./draws";
import { fnv1a, hashSeed, murmurMix } from "./hash";
import { lcg, randomBelow } from "./lcg";
import { noise } from "./noise";
import { Random } from "./random";
import { seedAt, seedPlus, uniformAt } from "./seedAt";
import { seededIndex } from "./seededIndex";
import { shuffled, shuffledBySeed } from "./shuffled";

const BITS = 2 ** 32;

describe("hashes", () => {
  it("are those of their papers", () => {
    // MurmurHash3's own test values of fmix32, and the published vectors of FNV-1a.
    expect([0, 1, 0xffffffff].map(murmurMix)).toEqual([0, 0x514e28b7, 0x81f16f39]);
    expect(["", "a", "foobar"].map(fnv1a)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });

  it("take seeds modulo 2^32, below 0 and far above", () => {
    const seeds = [0, 1, -1, BITS - 1, 3.7e9, 1e15];
    expect(seeds.map(hashSeed)).toEqual([
      2462723854, 2527132011, 920564995, 920564995, 2453818947, 3340537307,
    ]);
  });
});

describe("draws named by numbers", () => {
  it("are a fixed function of them", () => {
    expect([0, 1, 2, 3].map((seed) => seededIndex(seed, 10))).toEqual([5, 5, 7, 9]);
    expect([seedAt(5), seedAt(5, 0), seedAt(5, 1, 2)]).toEqual([5, 781710874, 2177320327]);
    // As statistics of latents draw the contexts that they keep.
    expect(hashSeed(hashSeed(5 + 100) + 7)).toBe(1864761101);
    expect(hashSeed(hashSeed(BITS - 1 + 131071) + 2 ** 31 + 5)).toBe(996369585);
    expect(seedPlus(11, 3, 4)).toBe(3514065185);
    expect([uniformAt(), uniformAt(1, 2, 3)]).toEqual([2462723854 / BITS, 812607363 / BITS]);
    expect(shuffledBySeed([..."abcdefg"], 9).join("")).toBe("ebadfgc");
  });

  it("shuffles to every order alike", () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = shuffledBySeed(["a", "b", "c"], seed).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Standard deviation of a count: √(6000 · 1/6 · 5/6) = 29.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * 29);
  });

  it("leaves the list alone that it shuffles, holes and all", () => {
    const items = [undefined, 1, 2];
    expect(shuffled(items, () => 0)).toEqual([1, 2, undefined]);
    expect(items).toEqual([undefined, 1, 2]);
  });
});

describe("generators", () => {
  it("give the same numbers for a seed", () => {
    const drawn = [1, 2, 12345].map((seed) => {
      const random = new Random(seed);
      return [random.next() * BITS, random.integer(0, 99), random.sample([1, 2, 3, 4, 5], 3)];
    });
    expect(drawn).toEqual([
      [1412771199, 41, [1, 3, 2]],
      [3461116586, 54, [4, 2, 5]],
      [1411482639, 73, [4, 3, 1]],
    ]);
    const draws = new Draws(7);
    expect([draws.next() * BITS, draws.next() * BITS]).toEqual([1802556003, 2405328001]);
    expect(draws.order(6)).toEqual([3, 4, 2, 5, 1, 0]);
    const below = randomBelow(20);
    expect([below(100), below(100), below(7)]).toEqual([24, 9, 3]);
    expect(lcg(0)()).toBe(1013904223);
  });

  it("gives the same noise for a seed, within its scale", () => {
    expect([...noise(2, 3, 2)]).toEqual([-0.7922083139419556, -1.6444483995437622]);
    expect([...noise(2, 2000)]).toEqual([0.7960970401763916, -0.10516486316919327]);
    const many = noise(20_000, 1, 3);
    expect(Math.max(...many.map(Math.abs))).toBeLessThanOrEqual(3);
    expect(many.reduce((sum, x) => sum + x, 0) / many.length).toBeCloseTo(0, 1);
  });
});

describe("distributions", () => {
  const next = lcg(3);
  const uniform = () => (next() + 0.5) / BITS;
  const moments = (values: readonly number[]) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length];
  };

  it("have their mean and variance", () => {
    const [mean, variance] = moments(Array.from({ length: 50_000 }, () => gaussian(uniform(), uniform())));
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    const [location, spread] = moments(Array.from({ length: 50_000 }, () => gumbel(uniform())));
    expect(location).toBeCloseTo(0.5772, 1);
    expect(spread! / (Math.PI ** 2 / 6)).toBeCloseTo(1, 1);
  });
});
