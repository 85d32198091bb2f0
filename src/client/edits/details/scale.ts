/** Scaling: x becomes factor · x. */
import { amount, place } from "./fields";
import type { EditDetails } from "./editDetails";
import { chosenBy, sitesAt } from "./program";

export const scale: EditDetails<"scale", { factor: number }> = {
  kind: "scale",
  name: "scale",
  sentence: "x becomes factor · x.",
  fields: { ...place, factor: amount("factor", "Factor") },
  first: () => ({ factor: 0.5 }),
  form: [{ type: "place" }, { type: "number", key: "factor", label: "factor" }],
  sites: sitesAt,
  program: (edit) => ({ body: [`return torch.where(${chosenBy(edit)}, ${edit.factor} * x, x)`] }),
};
