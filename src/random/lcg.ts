/** A linear congruential generator, with the constants of "Numerical Recipes": quick, and good enough to fill tests. */

/** Unsigned 32-bit numbers, one after the other. Their low bits repeat soon: use the upper ones. */
export function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

/** A whole number from 0 to `limit` - 1. */
export type RandomBelow = (limit: number) => number;

/** Seeded, for tests that throw mutated files at a reader: a failure can be repeated by its seed. */
export function randomBelow(seed: number): RandomBelow {
  const next = lcg(seed);
  return (limit) => Math.floor((next() / 2 ** 32) * limit);
}
