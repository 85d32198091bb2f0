/** Whether an edit already does what a button of this panel would do. */
import type { Edit } from "../../protocol/interventions";

const covers = (list: readonly number[] | undefined, one: number | undefined) =>
  list === undefined || (one !== undefined && list.includes(one));
const isAt = (positions: unknown, position: number) =>
  positions === undefined || (Array.isArray(positions) && positions.includes(position));

/** `head` undefined: all heads of the layer. */
export const zeroesHead = (edit: Edit, layer: number, head: number | undefined) =>
  edit.kind === "zero" &&
  edit.site === "attn.z" &&
  edit.strength === 1 &&
  edit.positions === undefined &&
  edit.dims === undefined &&
  covers(edit.layers, layer) &&
  covers(edit.heads, head);

export const hidesKey = (edit: Edit, layer: number, head: number | undefined, query: number, key: number) =>
  edit.kind === "knockOut" &&
  covers(edit.layers, layer) &&
  covers(edit.heads, head) &&
  isAt(edit.queries, query) &&
  isAt(edit.keys, key);
