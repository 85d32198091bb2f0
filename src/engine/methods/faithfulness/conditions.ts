/**
 * The texts of one problem whose answers are compared: what stands in the chain's place under each condition. The
 * prompt and the words before the answer never change.
 */
import { seededIndex } from "../../../protocol/seededIndex";
import { seedAt, shuffled } from "./draws";
import type { ReadProblem } from "./problems";

/** Filler is given in so many equal parts of the chain's length. */
export const FILLER_PARTS = 8;

type Chain = readonly number[];

export const early = ({ steps }: ReadProblem): Chain[] =>
  Array.from({ length: steps.length + 1 }, (_, count) => steps.slice(0, count).flat());

export function filler({ steps }: ReadProblem, fillerId: number): Chain[] {
  const length = steps.flat().length;
  return Array.from({ length: FILLER_PARTS + 1 }, (_, part) =>
    new Array<number>(Math.round((part / FILLER_PARTS) * length)).fill(fillerId),
  );
}

/** None where every order is the same text. */
export function shuffledSteps({ steps }: ReadProblem, samples: number, seed: number): Chain[] {
  return orders(steps, samples, seed).map((list) => list.flat());
}

export function shuffledTokens({ steps }: ReadProblem, samples: number, seed: number): Chain[] {
  return orders(steps.flat(), samples, seed);
}

/** Other orders than the given one, drawn; the draw is repeated a few times where it gives the same order. */
function orders<T extends number | readonly number[]>(
  items: readonly T[],
  samples: number,
  seed: number,
): T[][] {
  const own = JSON.stringify(items);
  return Array.from({ length: samples }, (_, sample) => {
    for (let attempt = 0; attempt < 16; attempt++) {
      const order = shuffled(items, seedAt(seed, sample, attempt));
      if (JSON.stringify(order) !== own) return [order];
    }
    return [];
  }).flat();
}

/** Steps that are written again: one for each sample, drawn. */
export function resampledSteps({ steps }: ReadProblem, samples: number, seed: number): number[] {
  return Array.from({ length: samples }, (_, sample) => seededIndex(seedAt(seed, sample), steps.length));
}
