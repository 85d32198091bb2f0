/** A replaced token, in words. */
import type { EditKindWords } from "./chip";
import { quoted } from "./words";

export const token: EditKindWords<"token"> = {
  what: ({ position, text }) => `token at position ${position} becomes ${quoted(text)}`,
  hasTokens: () => true,
  misfit({ token }, { name, dVocab }) {
    if (token < dVocab) return undefined;
    return `${name} has ${dVocab} tokens: there is no token ${token}.`;
  },
};
