/**
 * The texts of one problem whose answers are compared: what stands in the chain's place under each condition. The
 * prompt and the words before the answer never change.
 */
import { seedAt } from "../../../random/seedAt";
import { seededIndex } from "../../../random/seededIndex";
import { shuffledBySeed } from "../../../random/shuffled";
import { firstTokens, otherTokens, type ConditionChain } from "./origins";
import type { ReadProblem } from "./problems";

/** Filler is given in so many equal parts of the chain's length. */
export const FILLER_PARTS = 8;

export const early = ({ steps }: ReadProblem): ConditionChain[] =>
  Array.from({ length: steps.length + 1 }, (_, count) => firstTokens(steps.slice(0, count).flat()));

export function filler({ steps }: ReadProblem, fillerId: number): ConditionChain[] {
  const length = steps.flat().length;
  return Array.from({ length: FILLER_PARTS + 1 }, (_, part) => {
    const count = Math.round((part / FILLER_PARTS) * length);
    return { chain: new Array<number>(count).fill(fillerId), from: otherTokens(count) };
  });
}

/** None where every order is the same text. */
export function shuffledSteps({ steps }: ReadProblem, samples: number, seed: number): ConditionChain[] {
  const places = steps.map((step, i) => {
    const before = steps.slice(0, i).flat().length;
    return step.map((_, t) => before + t);
  });
  return inOrders(steps, samples, seed, (order) => ({
    chain: order.flatMap((i) => steps[i] ?? []),
    from: order.flatMap((i) => places[i] ?? []),
  }));
}

export function shuffledTokens({ steps }: ReadProblem, samples: number, seed: number): ConditionChain[] {
  const tokens = steps.flat();
  return inOrders(tokens, samples, seed, (order) => ({
    chain: order.map((i) => tokens[i] ?? 0),
    from: order,
  }));
}

/** Other orders than the given one, drawn; the draw is repeated a few times where it gives the same order. */
function inOrders(
  items: readonly (number | readonly number[])[],
  samples: number,
  seed: number,
  read: (order: readonly number[]) => ConditionChain,
): ConditionChain[] {
  const own = JSON.stringify(items);
  const places = items.map((_, i) => i);
  return Array.from({ length: samples }, (_, sample) => {
    for (let attempt = 0; attempt < 16; attempt++) {
      const order = shuffledBySeed(places, seedAt(seed, sample, attempt));
      if (JSON.stringify(order.map((i) => items[i])) !== own) return [read(order)];
    }
    return [];
  }).flat();
}

/** Steps that are written again: one for each sample, drawn. */
export function resampledSteps({ steps }: ReadProblem, samples: number, seed: number): number[] {
  return Array.from({ length: samples }, (_, sample) => seededIndex(seedAt(seed, sample), steps.length));
}
