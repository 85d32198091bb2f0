/** Pins, groups and names: what a visitor does to them, and how they travel as lists of short texts. */
import type { Marks, NodeGroup } from "./graph";

/** A graph's marks are bounded, so that they fit into a link. */
export const MOST_PINNED = 500;
export const MOST_GROUPS = 200;
/** Characters of a name or a label. */
export const MAX_NAME = 120;
/** An id that is longer does not travel in a link. */
const MAX_ID = 190;
/** Begins a group in a list: the ids behind it are its members. */
const GROUP = "=";

export function togglePin(marks: Marks, id: string): Marks {
  if (marks.pinned.includes(id)) return { ...marks, pinned: marks.pinned.filter((one) => one !== id) };
  return marks.pinned.length < MOST_PINNED ? { ...marks, pinned: [...marks.pinned, id] } : marks;
}

/** A node is in one group: it leaves the one that it was in. Members are pinned. */
export function makeGroup(marks: Marks, label: string, ids: readonly string[]): Marks {
  const name = label.trim().slice(0, MAX_NAME);
  if (name === "" || ids.length === 0) return marks;
  const groups = without(marks.groups, new Set(ids));
  if (groups.length >= MOST_GROUPS) return marks;
  const pinned = [...new Set([...marks.pinned, ...ids])];
  return { ...marks, pinned, groups: [...groups, { label: name, ids }] };
}

const without = (groups: readonly NodeGroup[], gone: ReadonlySet<string>) =>
  groups
    .map((group) =>
      group.ids.some((id) => gone.has(id))
        ? { ...group, ids: group.ids.filter((id) => !gone.has(id)) }
        : group,
    )
    .filter(({ ids }, i) => ids.length > 0 || groups[i]?.ids.length === 0);

export const removeGroup = (marks: Marks, index: number): Marks => ({
  ...marks,
  groups: marks.groups.filter((_, i) => i !== index),
});

export function renameGroup(marks: Marks, index: number, label: string): Marks {
  const name = label.trim().slice(0, MAX_NAME);
  if (name === "") return marks;
  return {
    ...marks,
    groups: marks.groups.map((group, i) => (i === index ? { ...group, label: name } : group)),
  };
}

/** No words take the name away: the file's own label shows again. */
export function renameNode(marks: Marks, id: string, name: string): Marks {
  const names = new Map(marks.names);
  const words = name.trim().slice(0, MAX_NAME);
  if (words === "") names.delete(id);
  else names.set(id, words);
  return { ...marks, names };
}

export function sameMarks(a: Marks, b: Marks): boolean {
  const list = ({ pinned, groups, names }: Marks) =>
    JSON.stringify([pinned, groups.map(({ label, ids }) => [label, ids]), [...names]]);
  return list(a) === list(b);
}

// ── as settings of a view ───────────────────────────────────────────────────────────────────────────────────

export interface MarkLists {
  readonly pinned: readonly string[];
  readonly groups: readonly string[];
  readonly names: readonly string[];
}

const fits = (id: string) => id.length <= MAX_ID && !id.includes("\0");

export function marksToLists({ pinned, groups, names }: Marks): MarkLists {
  return {
    pinned: pinned.filter(fits).slice(0, MOST_PINNED),
    groups: groups
      .slice(0, MOST_GROUPS)
      .flatMap(({ label, ids }) => [
        GROUP + label.slice(0, MAX_NAME),
        ...ids.filter(fits).map((id) => `.${id}`),
      ])
      .slice(0, 4 * MOST_PINNED),
    names: [...names]
      .filter(([id]) => fits(id))
      .slice(0, MOST_PINNED)
      .flat(),
  };
}

export function marksFromLists({ pinned, groups, names }: MarkLists): Marks {
  const made: { label: string; ids: string[] }[] = [];
  for (const one of groups) {
    if (one.startsWith(GROUP)) made.push({ label: one.slice(1), ids: [] });
    else made.at(-1)?.ids.push(one.slice(1));
  }
  const pairs = names.flatMap((name, i) => (i % 2 === 1 ? [[names[i - 1] ?? "", name] as const] : []));
  return { pinned: [...new Set(pinned)], groups: made, names: new Map(pairs) };
}
