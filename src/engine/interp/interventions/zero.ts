/** Zero ablation: x becomes (1 - strength) x. */
import { sitesOfEdit, whereOf, type Resolve } from "./resolve";

export const zero: Resolve<"zero"> = (edit, { model }) =>
  sitesOfEdit(edit, model).map((site) => ({ ...whereOf(edit, site), keep: 1 - edit.strength }));
