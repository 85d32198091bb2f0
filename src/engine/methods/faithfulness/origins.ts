/**
 * Where the tokens of a condition's chain stand in the original chain, so that edits by position meet the same tokens. A
 * token of its own kind has a fraction: it stands behind one of the original's (interp/batch/rowContext.ts).
 */
import { BEHIND } from "../../interp/coalitions/textEdits";
import { shared } from "./modelReader";

type Chain = readonly number[];

/** A chain as it is read in a condition. */
export interface ConditionChain {
  readonly chain: Chain;
  /** Of each of its tokens the place in the original chain. */
  readonly from: readonly number[];
}

export const firstTokens = (chain: Chain): ConditionChain => ({ chain, from: chain.map((_, i) => i) });

/** Tokens that the chain has not, from one place on. */
export const otherTokens = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => first + i + BEHIND);

/** Steps in the places of the original ones: equal beginnings and ends are the same tokens. */
export function inPlaceOf(original: readonly Chain[], steps: readonly Chain[]): ConditionChain {
  let first = 0;
  const from = steps.flatMap((step, i) => {
    const own = original[i] ?? [];
    const places = alignedStep(own, step).map((place) => first + place);
    first += own.length;
    return places;
  });
  return { chain: steps.flat(), from };
}

/** Between what is equal: in place where both are as long, else behind the original's. */
export function alignedStep(original: Chain, step: Chain): number[] {
  const before = shared(original, step);
  const rest = [original.slice(before), step.slice(before)].map((tokens) => [...tokens].reverse());
  const after = shared(rest[0] ?? [], rest[1] ?? []);
  const [own, other] = [original.length, step.length].map((length) => length - before - after);
  return step.map((_, i) => {
    if (i < before || own === other) return i;
    if (i >= step.length - after) return i - step.length + original.length;
    return before + Math.min(i - before, (own ?? 0) - 1) + BEHIND;
  });
}
