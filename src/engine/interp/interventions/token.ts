/** Another token in the prompt: it is in place before any other edit is resolved, and leaves no intervention. */
import { VitrineError } from "../../../protocol/errors";
import type { Edit } from "../../../protocol/interventions";
import type { Resolve } from "./resolve";

export const token: Resolve<"token"> = () => [];

/** The prompt with the tokens that edits put there. */
export function replaceTokens(tokens: readonly number[], edits: readonly Edit[], dVocab: number): number[] {
  const replaced = [...tokens];
  for (const edit of edits) {
    if (edit.kind !== "token") continue;
    const { position, token } = edit;
    if (!(position >= 0 && position < tokens.length && token >= 0 && token < dVocab)) {
      throw new VitrineError(
        "Unsupported",
        `An edit puts token ${token} at position ${position}; there are positions 0 to ${tokens.length - 1} and tokens 0 to ${dVocab - 1}.`,
      );
    }
    replaced[position] = token;
  }
  return replaced;
}
