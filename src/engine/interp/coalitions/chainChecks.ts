/** Refuses chains and ways of taking steps away that have no defined value, with what to change. */
import { checkIds, checkPrompt } from "../../models/checks";
import type { Ablation, ChainTokens } from "../../../protocol/chain";
import { refuse } from "../../../protocol/errors";

export function checkChain(chain: ChainTokens, ablation: Ablation, dVocab: number): void {
  checkPrompt(chain.prompt);
  checkCue(chain);
  if (chain.answer.length === 0) refuse(emptyAnswer(chain));
  checkAblation(chain, ablation);
  const { fillerId, alternatives = [] } = ablation;
  const parts = [chain.prompt, ...chain.steps, chain.answerPrefix, chain.answer, [fillerId]];
  for (const tokens of [...parts, ...alternatives.flat()]) checkIds(tokens, dVocab);
}

export function checkCue({ answerPrefix }: ChainTokens): void {
  if (answerPrefix.length === 0)
    refuse("Nothing stands between the last step and the answer; put a cue such as “Answer :” there.");
}

/** Why the reference answer has no token of its own: nobody typed one, or its cut moved to its end. */
function emptyAnswer({ steps, moved = [] }: ChainTokens): string {
  const cut = moved.find(({ part, to }) => part === steps.length + 2 && to === "before");
  return cut
    ? `The reference answer “${cut.text}” shares its token with the text before it, so no token is left to score; put a space before the answer, or change the cue.`
    : "The reference answer is empty; type the answer to score.";
}

export function checkCoalitions(coalitions: readonly (readonly boolean[])[], steps: number): void {
  const bad = coalitions.findIndex((present) => present.length !== steps);
  if (bad >= 0) refuse(`coalition ${bad} names ${coalitions[bad]?.length} steps; the chain has ${steps}`);
}

export function checkAblation({ steps }: ChainTokens, { mode, alternatives, numbers }: Ablation): void {
  if (mode === "resample") {
    if (!alternatives?.length)
      refuse("Resampling needs what the model wrote instead of each step; sample it first.");
    const bad = alternatives.findIndex((sample) => sample.length !== steps.length);
    if (bad >= 0)
      refuse(`sample ${bad} has ${alternatives[bad]?.length} steps; the chain has ${steps.length}`);
  }
  if (mode === "symbol") {
    if (!numbers) refuse("Symbol substitution needs to know which tokens are numbers.");
    const bad = steps.findIndex((tokens, i) => numbers[i]?.length !== tokens.length);
    if (bad >= 0) refuse(`numbers of step ${bad} do not fit its ${steps[bad]?.length} tokens`);
  }
}
