/**
 * At the pattern of a layer: rows in which everything that acts on its scores has hidden every key. Several edits make them
 * together, so they are no intervention of any one.
 */
import type { AttentionMask } from "../../../../protocol/interventions";
import { NO_VALUES } from "../../../ops/editRows";
import type { Writer } from "../editTable";
import type { Sight, WriterPlace } from "./change";

export interface EmptyRows {
  readonly kind: "emptyRows";
  /** All that hides and shows keys in the layer, in order. */
  readonly hiding: readonly Sight[];
}

/** Zeroes the pattern of rows in which no key is left, where the last mask that reached the row says so. */
export function emptyRowWriter({ hiding }: EmptyRows, { config, stride, keysOf }: WriterPlace): Writer {
  const all = Array.from({ length: config.nHeads }, (_, head) => head);
  const steps = hiding.map((step) => ({ ...step, heads: new Set(step.heads ?? all) }));
  const isEmpty = (query: number, keys: readonly number[], head: number) => {
    const seen = new Set(keys.keys());
    let empty: AttentionMask["empty"] | undefined;
    for (const step of steps) {
      if (!step.heads.has(head)) continue;
      const hides = step.hides?.(query);
      const shows = step.shows?.(query);
      for (const [j, key] of keys.entries()) {
        const isOwn = j === keys.length - 1;
        if (hides?.(key, isOwn)) seen.delete(j);
        if (shows?.(key, isOwn)) seen.add(j);
      }
      if (hides && step.empty) ({ empty } = step);
    }
    return seen.size === 0 && empty === "zeros";
  };
  const isReached = (query: number) => steps.some(({ hides }) => hides?.(query));
  return {
    key: ({ origin }) => (isReached(origin) ? "own" : undefined),
    write(token, table) {
      const keys = keysOf(token);
      for (let head = 0; head < config.nHeads; head++) {
        if (isEmpty(token.origin, keys, head)) table.entry([head * stride, keys.length], 0, NO_VALUES);
      }
    },
  };
}
