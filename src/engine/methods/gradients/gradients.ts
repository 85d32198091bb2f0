/**
 * Gradients of prompts, each under its own edits: what an edit asks for is resolved as for any run, and the gradient is that
 * of the edited model (interp/gradients).
 */
import type { Pauser } from "../../../protocol/cancel";
import type { GradientResult, PromptGradientsRequest } from "../../../protocol/gradients/gradients";
import { gradients } from "../../interp/gradients/gradients";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { checkPrompt } from "../../models/checks";
import type { Model } from "../../models/model";

export async function promptGradients(
  model: Model,
  { prompts, scalars, sites, frozen = [], cuts = [] }: PromptGradientsRequest,
  pauser: Pauser,
): Promise<GradientResult> {
  const rows: ResolvedPrompt[] = [];
  for (const prompt of prompts) {
    checkPrompt(prompt.tokens);
    rows.push(await resolveEdits(model, prompt, pauser));
  }
  return gradients(model, { rows, scalars, sites, frozen, cuts }, pauser);
}
