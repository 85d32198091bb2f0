/** Adding a direction: a difference of two prompts, or a vector from a file. Its form: ui/shell/editor/AddFields.svelte. */
import * as v from "valibot";
import type { Direction } from "../../../protocol/interventions";
import { pyComment, pyTokens } from "../../codeExport/pythonText";
import { label, listOf, number } from "../../link/fields";
import { amount, NAMED, namedOf, place } from "./fields";
import { Wrong, type Field, type EditDetails, type SharedDraft } from "./editDetails";
import { chosenBy, sitesAt } from "./program";

interface AddDraft {
  coefficient: number;
  direction: Direction["kind"];
  plus: string;
  minus: string;
  over: "last" | "all";
  vector: { readonly name: string; readonly values: readonly number[] } | undefined;
}

/** Numbers of a direction. */
const MAX_VALUES = 200_000;

const direction: Field<Direction, SharedDraft & AddDraft> = {
  schema: v.variant("kind", [
    v.strictObject({
      ...{ kind: v.literal("difference"), plus: NAMED, minus: NAMED },
      over: v.picklist(["last", "all"]),
    }),
    v.strictObject({ kind: v.literal("vector"), name: label, values: listOf(number, MAX_VALUES) }),
  ]),
  write(value, isForeign) {
    if (value.kind === "vector") return { direction: "vector", vector: value };
    const { plus, minus, over } = value;
    const known = isForeign ? [] : [plus, minus];
    return { direction: "difference", plus: plus.text, minus: minus.text, over, known };
  },
  async read(draft, reader) {
    if (draft.direction === "vector") {
      if (!draft.vector) throw new Wrong("Choose a file with the direction: .json, .npy or .safetensors.");
      return { kind: "vector", name: draft.vector.name, values: draft.vector.values };
    }
    const plus = await namedOf(draft.plus, draft, reader, "prompt that the direction points to");
    const minus = await namedOf(draft.minus, draft, reader, "prompt that it points away from");
    return { kind: "difference", plus, minus, over: draft.over };
  },
};

export const add: EditDetails<"add", AddDraft> = {
  kind: "add",
  name: "add a direction",
  sentence: "x becomes x + coefficient · direction.",
  fields: { ...place, coefficient: amount("coefficient", "Coefficient"), direction },
  first: () => ({
    ...{ coefficient: 1, direction: "difference", plus: "", minus: "", over: "last" },
    vector: undefined,
  }),
  sites: sitesAt,
  program(edit, { n, sites }) {
    const added = (what: string) => [
      `return torch.where(${chosenBy(edit)}, x + ${edit.coefficient} * ${what}, x)`,
    ];
    const given = edit.direction;
    if (given.kind === "vector") {
      const vector = `DIRECTION_${n} = torch.tensor([${given.values.join(", ")}])`;
      return {
        once: `${pyComment(given.name)}\n${vector}`,
        body: added(`DIRECTION_${n}.view(x.shape[2:])`),
      };
    }
    const mean = (name: string) => `${name}[site][0${given.over === "last" ? ", -1]" : "].mean(0)"}`;
    return {
      once: `${pyComment(`“${given.plus.text}” minus “${given.minus.text}”`)}
PLUS_${n} = read(${pyTokens(given.plus.tokens)}, ${sites})
MINUS_${n} = read(${pyTokens(given.minus.tokens)}, ${sites})`,
      body: added(`(${mean(`PLUS_${n}`)} - ${mean(`MINUS_${n}`)})`),
    };
  },
};
