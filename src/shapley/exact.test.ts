/** Games whose values are known in closed form, and three ways to the same Shapley values. */
import { describe, expect, it } from "vitest";
import { banzhafFromValues } from "./banzhaf";
import { Draws } from "../random/draws";
import { leaveOneIn, leaveOneOut, presentPlayers, shapleyFromValues } from "./exact";
import { harsanyiDividends, shapleyFromDividends } from "./harsanyi";
import { interactionsFromValues } from "./interactions";

const gameOf = (n: number, value: (present: readonly boolean[]) => number) =>
  Float64Array.from({ length: 2 ** n }, (_, coalition) => value(presentPlayers(coalition, n)));

const randomGame = (n: number, seed: number) => {
  const draws = new Draws(seed);
  return gameOf(n, () => 4 * draws.next() - 2);
};

function* orders(n: number, taken: readonly number[] = []): Generator<readonly number[]> {
  if (taken.length === n) yield taken;
  for (let i = 0; i < n; i++) if (!taken.includes(i)) yield* orders(n, [...taken, i]);
}

/** The definition: the mean over all orders of what a player adds to those before. */
function shapleyByOrders(values: Float64Array, n: number): number[] {
  const phi = Array.from({ length: n }, () => 0);
  let count = 0;
  for (const order of orders(n)) {
    count++;
    let coalition = 0;
    for (const player of order) {
      const with_ = coalition | (1 << player);
      phi[player]! += values[with_]! - values[coalition]!;
      coalition = with_;
    }
  }
  return phi.map((sum) => sum / count);
}

const near = (found: ArrayLike<number>, wanted: readonly number[], tolerance = 1e-10) => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThan(tolerance));
};

describe("closed forms", () => {
  it("gives each member of a unanimity game 1/|T|, a dictator everything", () => {
    const T = [0, 2, 3];
    const values = gameOf(5, (present) => (T.every((i) => present[i]) ? 1 : 0));
    near(shapleyFromValues(values, 5), [1 / 3, 0, 1 / 3, 1 / 3, 0]);
    near(banzhafFromValues(values, 5), [1 / 4, 0, 1 / 4, 1 / 4, 0]);
    near(leaveOneOut(values, 5), [1, 0, 1, 1, 0]);
    near(leaveOneIn(values, 5), [0, 0, 0, 0, 0]);
    near(
      shapleyFromValues(
        gameOf(4, (present) => (present[2] ? 7 : 0)),
        4,
      ),
      [0, 0, 7, 0],
    );
  });

  it("splits an OR of two in halves, where leave-one-out sees nothing", () => {
    const values = gameOf(2, ([a, b]) => (a || b ? 1 : 0));
    near(shapleyFromValues(values, 2), [0.5, 0.5]);
    near(leaveOneOut(values, 2), [0, 0]);
    near(leaveOneIn(values, 2), [1, 1]);
    // One stands for the other.
    expect(interactionsFromValues(values, 2)[1]).toBeCloseTo(-1);
  });

  it("gives an additive game back its weights, by every way, and no interaction", () => {
    const weights = [1, -2, 0, 0.5];
    const values = gameOf(4, (present) => weights.reduce((sum, w, i) => sum + (present[i] ? w : 0), 3));
    near(shapleyFromValues(values, 4), weights);
    near(banzhafFromValues(values, 4), weights);
    near(leaveOneOut(values, 4), weights);
    near(leaveOneIn(values, 4), weights);
    const pairs = interactionsFromValues(values, 4);
    pairs.forEach((value, at) =>
      at % 5 === 0 ? expect(value).toBeNaN() : expect(Math.abs(value)).toBeLessThan(1e-6),
    );
  });

  it("finds the pair that only gives together", () => {
    const values = gameOf(4, (present) => (present[1] && present[3] ? 2 : 0));
    const pairs = interactionsFromValues(values, 4);
    expect(pairs[1 * 4 + 3]).toBeCloseTo(2);
    expect(pairs[3 * 4 + 1]).toBeCloseTo(2);
    expect(pairs[0 * 4 + 1]).toBeCloseTo(0);
  });
});

describe.each([1, 2, 3, 4, 5, 6])("random games of %d players", (n) => {
  it.each([1, 2, 3])("have one Shapley value: subsets, orders and dividends, seed %d", (seed) => {
    const values = randomGame(n, 100 * n + seed);
    const wanted = shapleyByOrders(values, n);
    near(shapleyFromValues(values, n), wanted);
    const dividends = harsanyiDividends(values, n);
    // The value of none is nobody's.
    near(shapleyFromDividends(dividends.fill(0, 0, 1), n), wanted);
    // Efficiency.
    const sum = wanted.reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(values.at(-1)! - values[0]!, 10);
  });
});

it("sums dividends to the values", () => {
  const values = randomGame(5, 4);
  const dividends = harsanyiDividends(values, 5);
  values.forEach((value, coalition) => {
    let sum = 0;
    dividends.forEach((dividend, subset) => (sum += (subset & coalition) === subset ? dividend : 0));
    expect(sum).toBeCloseTo(value, 10);
  });
});

it("gives players who do the same the same, null players nothing, and adds over games", () => {
  const one = randomGame(5, 1);
  const symmetric = gameOf(5, (present) => {
    // Players 1 and 3 count, not who of them.
    const both = Number(present[1]) + Number(present[3]);
    return one[Number(present[0]) + 2 * both + 8 * Number(present[4])]!;
  });
  const phi = shapleyFromValues(symmetric, 5);
  expect(phi[1]).toBeCloseTo(phi[3]!, 10);
  expect(Math.abs(phi[2]!)).toBeLessThan(1e-12);
  const other = randomGame(5, 2);
  const sum = one.map((value, i) => value + other[i]!);
  const parts = shapleyFromValues(other, 5);
  near(
    shapleyFromValues(sum, 5),
    shapleyFromValues(one, 5).map((value, i) => value + parts[i]!),
  );
});

it("gives nobody less than nothing in a monotone game", () => {
  const values = gameOf(6, (present) => Math.sqrt(present.filter(Boolean).length + Number(present[0])));
  for (const phi of shapleyFromValues(values, 6)) expect(phi).toBeGreaterThanOrEqual(0);
});
