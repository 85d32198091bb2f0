/** Zero ablation: x becomes (1 - strength) x. */
import { place, strength } from "./fields";
import { STRENGTH } from "./form";
import type { EditDetails } from "./editDetails";
import { chosenBy, sitesAt } from "./program";

export const zero: EditDetails<"zero"> = {
  kind: "zero",
  name: "zero",
  sentence: "x becomes 0.",
  fields: { ...place, strength },
  first: () => ({}),
  form: [{ type: "place" }, STRENGTH],
  sites: sitesAt,
  program: (edit) => ({
    body: [`return put(x, torch.zeros_like(x), ${edit.strength}, ${chosenBy(edit)})`],
  }),
};
