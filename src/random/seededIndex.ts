/** A seeded draw of one of `count` things. */
import { hashSeed } from "./hash";

export function seededIndex(seed: number, count: number): number {
  return Math.floor((hashSeed(seed) / 2 ** 32) * count);
}
