/** Scores of tokens summed by step, and held against the truth. */
import type { TokenAttributionResult, TokenScores } from "../../../protocol/gradients/attributions";
import { agreement } from "../../../statistics/agreement";

/** Steps that have tokens, in order. */
export const stepsIn = (stepOf: readonly number[]): number[] =>
  [...new Set(stepOf)].sort((first, second) => first - second);

export function byStep(
  tokens: TokenScores,
  stepOf: readonly number[],
  replaced: ReadonlyMap<number, number> | undefined,
): NonNullable<TokenAttributionResult["steps"]> {
  const step = stepsIn(stepOf);
  const summed = (values: readonly number[]) =>
    step.map((own) => values.reduce((sum, value, i) => (stepOf[i] === own ? sum + value : sum), 0));
  return {
    step,
    saliency: summed(tokens.saliency),
    gradientInput: summed(tokens.gradientInput),
    integrated: summed(tokens.integrated),
    ...(replaced && { replaced: step.map((own) => replaced.get(own) ?? 0) }),
  };
}

/** Over the first `read` tokens. */
export function agreementOf(
  { saliency, gradientInput, integrated }: TokenScores,
  replaced: readonly number[],
  read: number,
): NonNullable<TokenAttributionResult["agreement"]> {
  const against = (values: readonly number[], truth: readonly number[]) =>
    agreement(values.slice(0, read), truth.slice(0, read));
  const { n, spearman } = against(saliency, replaced.map(Math.abs));
  return {
    saliency: { n, spearman },
    gradientInput: against(gradientInput, replaced),
    integrated: against(integrated, replaced),
  };
}
