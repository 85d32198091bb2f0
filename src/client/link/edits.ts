/** Edits in links: the fields of each kind, strict and bounded. */
import * as v from "valibot";
import { EDIT_KINDS, detailsOf } from "../edits/details/index";
import type { Edit } from "../../protocol/interventions";
import { label, listOf } from "./fields";

const MAX_EDITS = 64;

const EDIT = v.variant(
  "kind",
  EDIT_KINDS.map((kind) => {
    const fields = Object.entries(detailsOf(kind).fields).map(
      ([name, { schema }]) => [name, schema] as const,
    );
    return v.strictObject({
      kind: v.literal(kind),
      ...{ id: label, on: v.boolean() },
      ...Object.fromEntries(fields),
    });
  }),
);

/** Each field's schema gives the protocol's type of it (details/kind.ts): the compiler holds the two together. */
export const EDITS = listOf(EDIT, MAX_EDITS) as unknown as v.GenericSchema<unknown, Edit[]>;

/** A stack of edits that a panel carries as JSON; none if that is not one. */
export function editsOfJson(json: string): readonly Edit[] {
  try {
    const read = v.safeParse(EDITS, JSON.parse(json));
    return read.success ? read.output : [];
  } catch {
    return [];
  }
}
