/** Scaling: x becomes factor · x. */
import { sitesOfEdit, whereOf, type Resolve } from "./resolve";

export const scale: Resolve<"scale"> = (edit, { model }) =>
  sitesOfEdit(edit, model).map((site) => ({ ...whereOf(edit, site), keep: edit.factor }));
