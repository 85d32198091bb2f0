/**
 * What a row of a run has behind it: the cache slots that its next tokens can see, in order, with the position
 * of each, and the position that comes next. Rows that share a prefix share slots; a hidden key is a slot left
 * out. Contexts are values: extending one makes another.
 *
 * Edits name positions of one text. A row that reads parts of that text elsewhere (a chain without some of its steps)
 * says for each of its tokens where that token stands in the text: its origin. A token that the text has not lies
 * between two of its positions and has a fraction: no list of positions names it, a range from one on reaches it.
 */
import type { Intervention } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";

export interface RowContext {
  /** Cache slots visible to the next token, in order of position. */
  readonly slots: readonly number[];
  /** Positions of `slots`. */
  readonly positions: readonly number[];
  /** Position of the next token: as many positions as the context spans, gaps and hidden keys included. */
  readonly nextPosition: number;
  /** Of `slots`, if they are not `positions`. */
  readonly origins?: readonly number[];
  /** The same tokens read without any edit, where later ones have sites frozen. */
  readonly unedited?: RowContext;
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
    ...(context.origins && { origins: context.origins.filter((_, i) => seen[i]) }),
    ...(context.unedited && { unedited: hide(context.unedited, hidden) }),
  };
}

/** The same context with `count` positions left unused: what follows keeps the place it would have had. */
export function skip(context: RowContext, count: number): RowContext {
  return {
    ...{ ...context, nextPosition: context.nextPosition + count },
    ...(context.unedited && { unedited: skip(context.unedited, count) }),
  };
}

/** The first `count` tokens of a context that has all of them from position 0 on. */
export function firstOf(context: RowContext, count: number): RowContext {
  return {
    slots: context.slots.slice(0, count),
    positions: context.positions.slice(0, count),
    nextPosition: count,
    ...(context.origins && { origins: context.origins.slice(0, count) }),
    ...(context.unedited && { unedited: firstOf(context.unedited, count) }),
  };
}

/** One row's tokens for one forward pass. */
export interface Segment {
  readonly context: RowContext;
  readonly tokens: readonly number[];
  /** Own positions that no later token of the segment sees. */
  readonly hidden?: ReadonlySet<number>;
  /** Applied to the activations of these tokens, in order. */
  readonly interventions?: readonly Intervention[];
  /** Where its tokens stand in the text whose positions the interventions name; their own positions if left out. */
  readonly origins?: readonly number[];
  /** Sites whose values are those of the same row without edits. What the interventions change there comes after. */
  readonly frozen?: ReadonlySet<Site>;
  /** What that row reads, where it is not the same: its tokens before any was replaced, and changes that are no edits. */
  readonly unedited?: { readonly tokens: readonly number[]; readonly interventions: readonly Intervention[] };
}

/** The context after the first `count` tokens of a segment, or all; `slots` are those of its tokens. */
export function contextAfter(
  { context, hidden, origins }: Segment,
  slots: readonly number[],
  count = slots.length,
): RowContext {
  const own = slots.slice(0, count).map((slot, i) => {
    const position = context.nextPosition + i;
    return { slot, position, origin: origins?.[i] ?? position };
  });
  const visible = hidden ? own.filter(({ position }) => !hidden.has(position)) : own;
  return {
    slots: [...context.slots, ...visible.map(({ slot }) => slot)],
    positions: [...context.positions, ...visible.map(({ position }) => position)],
    nextPosition: context.nextPosition + own.length,
    ...((context.origins ?? origins) && {
      origins: [...(context.origins ?? context.positions), ...visible.map(({ origin }) => origin)],
    }),
  };
}
