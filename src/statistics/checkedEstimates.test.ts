/** Which estimates are checked, and what is said of them. */
import { expect, it } from "vitest";
import { CheckedEstimates } from "./checkedEstimates";

const ESTIMATES = [1, -5, 2, 9, 2.5, 3];
const checks = () =>
  new CheckedEstimates({ largest: 2, random: 2, seed: 3 }, [0, 1, 2, 3, 4, 5], (i) => ESTIMATES[i]!, 2);

it("takes the largest effects, not the largest values, and draws whatever the estimates are", () => {
  const one = checks();
  const isLargest = (i: number) => one.of(i).isLargest;
  expect([0, 1, 2, 3, 4, 5].filter(isLargest)).toEqual([1, 3]);
  const other = new CheckedEstimates({ largest: 0, random: 2, seed: 3 }, [0, 1, 2, 3, 4, 5], () => NaN);
  expect(other.chosen).toEqual(one.chosen.filter((i) => one.of(i).isRandom));
  expect(other.chosen).toHaveLength(2);
});

it("holds effects against each other, of those that were computed", () => {
  const one = checks();
  one.take([1, 3], [-5, 9]);
  const { largest, all } = one.agreements();
  expect(largest).toMatchObject({ n: 2, meanError: 0, relativeError: 0, spearman: 1 });
  expect(all.n).toBe(2);
  const unchecked = one.chosen.filter((i) => i !== 1 && i !== 3);
  unchecked.forEach((i) => expect(one.of(i).exact).toBeNaN());
  one.take([3], [2]);
  expect(one.agreements().largest.meanError).toBe(3.5);
});
