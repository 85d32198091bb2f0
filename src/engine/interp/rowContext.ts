/**
 * What a row of a run has behind it: the cache slots that its next tokens can see, in order, with the position
 * of each, and the position that comes next. Rows that share a prefix share slots; a hidden key is a slot left
 * out. Contexts are values: extending one makes another.
 */
import type { Intervention } from "../../protocol/interventions";

export interface RowContext {
  /** Cache slots visible to the next token, in order of position. */
  readonly slots: readonly number[];
  /** Positions of `slots`. */
  readonly positions: readonly number[];
  /** Position of the next token: as many positions as the context spans, gaps and hidden keys included. */
  readonly nextPosition: number;
}

export const EMPTY_CONTEXT: RowContext = { slots: [], positions: [], nextPosition: 0 };

/** The same context with some positions hidden. */
export function hide(context: RowContext, hidden: ReadonlySet<number>): RowContext {
  if (hidden.size === 0) return context;
  const seen = context.positions.map((position) => !hidden.has(position));
  return {
    slots: context.slots.filter((_, i) => seen[i]),
    positions: context.positions.filter((_, i) => seen[i]),
    nextPosition: context.nextPosition,
  };
}

/** The same context with `count` positions left unused: what follows keeps the place it would have had. */
export function skip(context: RowContext, count: number): RowContext {
  return { ...context, nextPosition: context.nextPosition + count };
}

/** One row's tokens for one forward pass. */
export interface Segment {
  readonly context: RowContext;
  readonly tokens: readonly number[];
  /** Own positions that no later token of the segment sees. */
  readonly hidden?: ReadonlySet<number>;
  /** Applied to the activations of these tokens, in order. */
  readonly interventions?: readonly Intervention[];
}

/** The context after a segment whose tokens got these slots. */
export function extend({ context, tokens, hidden }: Segment, slots: readonly number[]): RowContext {
  const own = slots.map((slot, i) => ({ slot, position: context.nextPosition + i }));
  const visible = hidden ? own.filter(({ position }) => !hidden.has(position)) : own;
  return {
    slots: [...context.slots, ...visible.map(({ slot }) => slot)],
    positions: [...context.positions, ...visible.map(({ position }) => position)],
    nextPosition: context.nextPosition + tokens.length,
  };
}
