/**
 * Resample ablation: x becomes (1 - strength) x + strength · x', where x' is the site in one prompt of a named set, at
 * the same position; the seed draws the prompt. Positions beyond its end are left alone.
 */
import { VitrineError } from "../../../protocol/errors";
import type { NamedTokens, PromptSet } from "../../../protocol/interventions";
import { siteValues } from "./donors";
import { seededIndex } from "../../../random/seededIndex";
import { replacement, sitesOfEdit, upTo, valuesAt, whereOf, type Resolve } from "./resolve";

/** The prompt of a set that a seed draws. */
export function drawnPrompt({ name, prompts }: PromptSet, seed: number): NamedTokens {
  const some = prompts.filter(({ tokens }) => tokens.length > 0);
  const drawn = some[seededIndex(seed, some.length)];
  if (!drawn) throw new VitrineError("Unsupported", `${name} has no prompt to draw from.`);
  return drawn;
}

export const resample: Resolve<"resample"> = async (edit, { model }) => {
  const drawn = drawnPrompt(edit.from, edit.seed);
  const sites = sitesOfEdit(edit, model);
  const found = await siteValues(model, drawn.tokens, sites);
  return sites.map((site) =>
    replacement(whereOf(edit, site), edit.strength, valuesAt(found, site), upTo(drawn.tokens.length)),
  );
};
