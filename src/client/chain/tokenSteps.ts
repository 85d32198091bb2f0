/** Which step of a chain each of its tokens belongs to, by the tokens that each part has. */
import type { ChainTokens } from "../../protocol/chain";

/** The tokens in one list: what the model reads. */
export const allTokens = ({ prompt, steps, answerPrefix, answer }: ChainTokens): number[] =>
  [prompt, ...steps, answerPrefix, answer].flat();

/** For each token of the whole chain the index of its step, -1 in the prompt, n behind the last of n steps. */
export function stepOfTokens({ prompt, steps, answerPrefix, answer }: ChainTokens): number[] {
  return [prompt, ...steps, [...answerPrefix, ...answer]].flatMap((part, i) => part.map(() => i - 1));
}

/** The position that predicts the answer's first token; undefined without an answer, or before the first token. */
export function positionBeforeAnswer({
  prompt,
  steps,
  answerPrefix,
  answer,
}: ChainTokens): number | undefined {
  const position = [prompt, ...steps, answerPrefix].reduce((sum, part) => sum + part.length, -1);
  return answer.length > 0 && position >= 0 ? position : undefined;
}
