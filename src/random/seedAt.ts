/**
 * Seeds and numbers for places in a computation, named by counters: the same in whatever order, and with whatever else, they
 * are computed. There are two ways, because recorded results depend on both.
 */
import { hashSeed } from "./hash";
import { seededIndex } from "./seededIndex";

/** A seed of its own for each place, unsigned 32 bits; without counters the seed itself. */
export function seedAt(seed: number, ...counters: readonly number[]): number {
  return counters.reduce((at, counter) => hashSeed(at + Math.imul(counter + 1, 0x9e3779b1)), seed);
}

/** The parts are added to the hash of what stands before them, so the last one counts up from there. */
export function seedPlus(seed: number, ...parts: readonly number[]): number {
  return parts.reduce((at, part) => hashSeed(at) + part, seed);
}

/** Uniform in [0, 1), for a place that is named by all of these numbers. */
export function uniformAt(...parts: readonly number[]): number {
  return hashSeed(seedPlus(0, ...parts)) / 2 ** 32;
}

/** Uniform in [0, 1), a multiple of 2^-24, of a seed. */
export const uniformOf = (seed: number): number => seededIndex(seed, 2 ** 24) / 2 ** 24;
