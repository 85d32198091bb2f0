/**
 * The random number of a token. It is named by the seed, the start, the rollout and the place in it, so that a rollout is
 * the same whichever others are written beside it, on any device.
 */
import { seededIndex } from "../../../random/seededIndex";

export function uniform(parts: readonly number[]): number {
  return (
    seededIndex(
      parts.reduce((mixed, part) => seededIndex(mixed, 2 ** 32) + part, 0),
      2 ** 32,
    ) /
    2 ** 32
  );
}
