/** What a file says of pins and groups (`qParams`), as marks; ids of nodes that are not there are left alone. */
import { fieldOf, fieldsOf, textOf, type Fields, type Notes } from "./fields";
import type { Marks } from "./graph";

export function readMarks(raw: Fields, idOf: ReadonlyMap<string, number>, notes: Notes): Marks {
  const params = fieldsOf(fieldOf(raw, "qParams"));
  const pinned = idList(fieldOf(params, "pinnedIds")).filter((id) => idOf.has(id));
  const supernodes = fieldOf(params, "supernodes");
  const groups = (Array.isArray(supernodes) ? (supernodes as unknown[]) : []).flatMap((one, i) => {
    const [label, ...ids] = Array.isArray(one) ? (one as unknown[]).map((part) => textOf(part) ?? "") : [];
    if (label === undefined) {
      notes.add("it is no list of a label and ids, so it is kept and not shown", `qParams.supernodes[${i}]`);
      return [];
    }
    return [{ label, ids: ids.filter((id) => idOf.has(id)) }];
  });
  return { pinned: [...new Set(pinned)], groups, names: new Map() };
}

/** A list, or one text with commas between, as addresses carry it. */
function idList(value: unknown): string[] {
  if (typeof value === "string") return value.split(",").filter((id) => id !== "");
  return Array.isArray(value) ? (value as unknown[]).flatMap((one) => textOf(one) ?? []) : [];
}
