/** Estimators of Shapley values: what holds for every one of them, and how near they come. */
import { describe, expect, it } from "vitest";
import { compareEstimators, drawGames, play, score } from "../../bench/estimators";
import { Draws } from "../random/draws";
import { presentPlayers, shapleyFromValues } from "./exact";
import { createPairedRegression } from "./pairedRegression";
import { pairsOfSize, PairDraws } from "./pairDraws";
import { createPermutations } from "./permutations";

const MAKERS = {
  permutations: (n: number, seed: number) => createPermutations({ n, width: 1, seed }),
  pairedRegression: (n: number, seed: number) => createPairedRegression({ n, width: 1, seed, resamples: 50 }),
};

const game = (n: number, seed: number) => {
  const draws = new Draws(seed);
  return { kind: "random", n, values: Float64Array.from({ length: 2 ** n }, () => draws.next()) };
};

describe.each(Object.entries(MAKERS))("%s", (_, make) => {
  it("sums to v(all) - v(none) at any budget", () => {
    const one = game(8, 3);
    const total = one.values.at(-1)! - one.values[0]!;
    for (const budget of [30, 60, 120]) {
      const { phi } = play(make(8, 5), one, budget).estimates();
      expect(phi.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 6);
    }
  });

  it("asks the same for the same seed, and other coalitions for another", () => {
    const asked = (seed: number) => JSON.stringify(make(9, seed).next(40));
    expect(asked(1)).toBe(asked(1));
    expect(asked(1)).not.toBe(asked(2));
  });

  it("gives an additive game back its weights", () => {
    const weights = [0.5, -1, 2, 0, 0.25, 1];
    const values = Float64Array.from({ length: 64 }, (_, c) =>
      presentPlayers(c, 6).reduce((sum, has, i) => sum + (has ? weights[i]! : 0), 1),
    );
    const { phi } = play(make(6, 1), { kind: "additive", n: 6, values }, 30).estimates();
    weights.forEach((weight, i) => expect(Math.abs(phi[i]! - weight)).toBeLessThan(1e-4));
  });

  it.each([1, 2, 3])("can play with %d players", (n) => {
    const one = game(n, 9);
    const exact = shapleyFromValues(one.values, n);
    const { phi } = play(make(n, 1), one, 2 ** n).estimates();
    if (n === 1) exact.forEach((value, i) => expect(phi[i]).toBeCloseTo(value, 6));
    else expect(phi.reduce((a, b) => a + b, 0)).toBeCloseTo(one.values.at(-1)! - one.values[0]!, 6);
  });
});

it("telescopes: every order by itself sums to the whole", () => {
  const one = game(7, 2);
  const estimator = createPermutations({ n: 7, width: 1, seed: 3 });
  for (let order = 0; order < 6; order++) {
    const asked = estimator.next(8);
    estimator.add(
      asked.map((has) => Float64Array.of(one.values[has.reduce((s, h, i) => s + (h ? 2 ** i : 0), 0)]!)),
    );
    const sum = estimator.estimates().phi.reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(one.values.at(-1)! - one.values[0]!, 9);
  }
});

it.each([2, 3, 4, 5, 8, 9])("is exact once every pair of %d players is known", (n) => {
  const one = game(n, 40 + n);
  const estimator = play(MAKERS.pairedRegression(n, 1), one, 2 ** n);
  const exact = shapleyFromValues(one.values, n);
  const { phi, low, high } = estimator.estimates();
  exact.forEach((value, i) => {
    expect(phi[i]).toBeCloseTo(value, 9);
    expect(high[i]! - low[i]!).toBe(0);
  });
});

it("draws every pair once, and the sizes in turn", () => {
  for (const n of [4, 7, 8]) {
    const draws = new PairDraws(n, 5);
    const seen = new Set<string>();
    for (let members = draws.next(); members; members = draws.next()) {
      const rest = Array.from({ length: n }, (_, i) => i).filter((i) => !members.includes(i));
      seen.add([members.join(), rest.join()].sort().join("|"));
    }
    expect(seen.size).toBe(2 ** (n - 1) - 1);
  }
  expect([1, 2, 3, 4].map((size) => pairsOfSize(8, size))).toEqual([8, 28, 56, 35]);
});

it("estimates several outputs as it estimates each", () => {
  const [one, other] = [game(9, 1), game(9, 2)];
  const both = createPairedRegression({ n: 9, width: 2, seed: 4, resamples: 20 });
  const asked = both.next(100);
  const at = (has: readonly boolean[]) => has.reduce((s, h, i) => s + (h ? 2 ** i : 0), 0);
  both.add(asked.map((has) => Float64Array.of(one.values[at(has)]!, other.values[at(has)]!)));
  const alone = createPairedRegression({ n: 9, width: 1, seed: 4, resamples: 20 });
  alone.next(100);
  alone.add(asked.map((has) => Float64Array.of(other.values[at(has)]!)));
  const [all, own] = [both.estimates(), alone.estimates()];
  for (let i = 0; i < 9; i++) expect(all.phi[2 * i + 1]).toBeCloseTo(own.phi[i]!, 10);
  expect(all.standardError[1]).toBeGreaterThan(0);
});

it("uses more pairs than it guesses from", () => {
  const [one] = drawGames(1, [14], 8);
  const few = score(one!, play(MAKERS.pairedRegression(14, 2), one!, 1000));
  const many = score(one!, play(MAKERS.pairedRegression(14, 2), one!, 6000));
  expect(many.squared).toBeLessThan(few.squared / 2);
});

it("errs at least 4 times less than permutations at 20 n coalitions, and says how much", () => {
  const all = compareEstimators(drawGames(20, [12, 13], 2_718_281), 7).at(-1)!;
  expect(all.games).toBe(80);
  expect(all.ratio).toBeGreaterThan(4);
  // 95 % intervals.
  expect(all.covered).toBeGreaterThan(0.9);
  expect(all.coveredByPermutations).toBeGreaterThan(0.85);
});
