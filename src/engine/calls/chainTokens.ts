/** A chain as the tokens of its whole text, cut where its parts meet. */
import type { ChainText, ChainTokens } from "../../protocol/chain";
import type { Tokenizer } from "../formats/tokenizer/tokenizer";

/** `addBos` undefined: as the model does by itself. */
export function chainTokens(
  { encodeParts, bosByDefault }: Pick<Tokenizer, "encodeParts" | "bosByDefault">,
  { prompt, steps, answerPrefix, answer }: ChainText,
  addBos = bosByDefault,
): ChainTokens {
  const { parts, moved } = encodeParts([prompt, ...steps, answerPrefix, answer], { addBos });
  const [first = [], ...rest] = parts;
  const [cue = [], last = []] = rest.splice(steps.length);
  return {
    ...{ prompt: first, steps: rest, answerPrefix: cue, answer: last },
    ...(moved.length > 0 && { moved }),
  };
}
