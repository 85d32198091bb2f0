/**
 * The numbers of a chain under their names, so that they can travel (in a link, in the recording) and be compared
 * with what this page computes: one sentence says how well they agree.
 */
import type { ChainGameResult } from "../../protocol/chain";
import type { LinkState } from "../link/link";
import type { EffectNumbers } from "./effect";

export type ExpectedNumbers = NonNullable<LinkState["expected"]>;

/** Different devices add up in different orders: within this many nats numbers are said to match. */
export const TOLERANCE_NATS = 1e-3;

/** What a chain's results are, as numbers to expect elsewhere; nothing before there are results. */
export function expectedNumbers(
  effect: (EffectNumbers & { readonly unedited?: EffectNumbers | undefined }) | undefined,
  game: Pick<ChainGameResult, "phi" | "vAll" | "vNone"> | undefined,
): ExpectedNumbers | undefined {
  // Numbers of a chain travel together: without curves there are none.
  if (!effect || effect.early.length === 0) return undefined;
  const { loo } = effect;
  return {
    now: effect.now.logProb,
    baseline: effect.baseline.logProb,
    early: [...effect.early],
    loo: [...loo],
    ...(effect.unedited && { underEdits: true }),
    // Numbers travel for every step or for none.
    ...(game?.phi.values.length === loo.length
      ? { shapley: { phi: [...game.phi.values], vAll: game.vAll, vNone: game.vNone } }
      : {}),
  };
}

interface NamedNumber {
  readonly name: string;
  readonly value: number;
}

function named({ now, baseline, early = [], loo = [], shapley, next }: ExpectedNumbers): NamedNumber[] {
  return [
    ...(now === undefined ? [] : [{ name: "log p now", value: now }]),
    ...(baseline === undefined ? [] : [{ name: "log p with all steps", value: baseline }]),
    ...early.map((value, k) => ({ name: `log p after ${k} steps`, value })),
    ...loo.map((value, i) => ({ name: `leave-one-out of step ${i + 1}`, value })),
    ...(shapley
      ? [
          { name: "v(all)", value: shapley.vAll },
          { name: "v(none)", value: shapley.vNone },
          ...shapley.phi.map((value, i) => ({ name: `Shapley value of step ${i + 1}`, value })),
        ]
      : []),
    ...(next
      ? [...afterPosition(next, "base", ""), ...afterPosition(next, "edited", " with the edits")]
      : []),
  ];
}

function afterPosition(
  next: NonNullable<ExpectedNumbers["next"]>,
  run: "base" | "edited",
  how: string,
): NamedNumber[] {
  const { ids = [], logProbs = [] } = next[run] ?? {};
  const name = (id: number) => `log p of token ${id} after position ${next.position}${how}`;
  return ids.map((id, i) => ({ name: name(id), value: logProbs[i] ?? NaN }));
}

export interface Comparison {
  readonly compared: number;
  /** Largest absolute difference, nats. */
  readonly worst: number;
  /** The first number that is off by more than the tolerance, or that is missing here (NaN). */
  readonly first?: { readonly name: string; readonly here: number; readonly there: number };
}

/** `mine` may hold more numbers than `there`. */
export function compareNumbers(there: ExpectedNumbers, mine: ExpectedNumbers | undefined): Comparison {
  const here = new Map(mine && named(mine).map(({ name, value }) => [name, value]));
  const pairs = named(there).map(({ name, value }) => ({ name, there: value, here: here.get(name) ?? NaN }));
  const differences = pairs.map((pair) => Math.abs(pair.here - pair.there));
  const first = pairs[differences.findIndex((difference) => !(difference <= TOLERANCE_NATS))];
  return {
    compared: pairs.length,
    worst: Math.max(0, ...differences.filter((difference) => !Number.isNaN(difference))),
    ...(first ? { first } : {}),
  };
}

/** "3e−6", "0", "0.021": a difference, as short as it can be said. */
export function formatDifference(size: number): string {
  if (size === 0) return "0";
  return size < 0.01 ? size.toExponential(0).replace("e-", "e−") : size.toFixed(3);
}
