/**
 * Mean ablation: x becomes (1 - strength) x + strength · mean, the mean taken over every token of a named set of
 * prompts, or over their tokens at the same position. Positions that no prompt of the set reaches are left alone.
 */
import { meanValues } from "./donors";
import { replacement, sitesOfEdit, upTo, valuesAt, whereOf, type Resolve } from "./resolve";

export const mean: Resolve<"mean"> = async (edit, { model, pauser }) => {
  const sites = sitesOfEdit(edit, model);
  const means = await meanValues(model, edit.over, edit.by, sites, pauser);
  return sites.map((site) => {
    const values = valuesAt(means, site);
    const positions = edit.by === "position" ? upTo(values.positions) : undefined;
    return replacement(whereOf(edit, site), edit.strength, values, positions);
  });
};
