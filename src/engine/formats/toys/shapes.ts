/** Shapes of a checkpoint's tensors, asked by name, and what the names in front of them have in common. */
import type { StoredTensor } from "../storedModel";

export type Tensors = ReadonlyMap<string, StoredTensor>;

/** What torch.compile and torch's data-parallel wrappers put before every name. */
const WRAPPERS = /^(_orig_mod\.|module\.)+/;
const MAX_LAYERS = 1024;

/** The same tensors without the names of wrappers; `anchor`: a tensor behind one more name ("model.") that is taken off. */
export function unwrapped(tensors: Tensors, anchor: string): Tensors {
  const names = [...tensors.keys()].map((name) => name.replace(WRAPPERS, ""));
  const anchored = names.find((name) => name === anchor || name.endsWith(`.${anchor}`)) ?? anchor;
  const prefix = anchored.slice(0, -anchor.length);
  const isPlain = prefix === "" && names.every((name) => tensors.has(name));
  if (isPlain) return tensors;
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const bare = name.replace(WRAPPERS, "");
      return [bare.startsWith(prefix) ? bare.slice(prefix.length) : bare, tensor];
    }),
  );
}

export const shapeOf = (tensors: Tensors, name: string): readonly number[] =>
  tensors.get(name)?.entry.shape ?? [];

/** How many of `blocks.0.…`, `blocks.1.…` there are; the pattern's group is the number. */
export function countBlocks(tensors: Tensors, pattern: RegExp): number {
  const numbers = [...tensors.keys()].map((name) => Number(pattern.exec(name)?.[1] ?? -1));
  return Math.min(MAX_LAYERS, numbers.reduce((most, number) => Math.max(most, number), -1) + 1);
}
