/**
 * Resample ablation: x becomes (1 - strength) x + strength · x', where x' is the site in one prompt of a named set, at
 * the same position; the seed draws the prompt. Positions beyond its end are left alone.
 */
import { VitrineError } from "../../../protocol/errors";
import { siteValues } from "../donors";
import { seededIndex } from "../seededIndex";
import { replacement, sitesOfEdit, upTo, valuesAt, whereOf, type Resolve } from "./resolve";

export const resample: Resolve<"resample"> = async (edit, { model }) => {
  const prompts = edit.from.prompts.filter(({ tokens }) => tokens.length > 0);
  const drawn = prompts[seededIndex(edit.seed, prompts.length)];
  if (!drawn) throw new VitrineError("Unsupported", `${edit.from.name} has no prompt to draw from.`);
  const sites = sitesOfEdit(edit, model);
  const found = await siteValues(model, drawn.tokens, sites);
  return sites.map((site) =>
    replacement(whereOf(edit, site), edit.strength, valuesAt(found, site), upTo(drawn.tokens.length)),
  );
};
