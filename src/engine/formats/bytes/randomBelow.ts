/** Seeded whole numbers for tests that throw mutated files at a reader: a failure can be repeated by its seed. */

/** A whole number from 0 to `limit` - 1. */
export type RandomBelow = (limit: number) => number;

/** Linear congruential numbers (the constants of "Numerical Recipes"); the upper bits decide. */
export function randomBelow(seed: number): RandomBelow {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
