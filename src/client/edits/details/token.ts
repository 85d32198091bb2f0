/** Another token in the prompt. Its form: ui/shell/editor/TokenFields.svelte. */
import { label, whole } from "../../link/fields";
import { Wrong, type DraftReader, type Field, type EditDetails } from "./editDetails";

interface TokenDraft {
  position: number;
  text: string;
}

const position: Field<number, TokenDraft> = {
  schema: whole,
  write: (value) => ({ position: value }),
  read(draft, { nTokens }) {
    if (Number.isInteger(draft.position) && draft.position >= 0 && draft.position < nTokens)
      return draft.position;
    throw new Wrong(
      nTokens === 0 ? "There are no tokens yet." : `Choose a position from 0 to ${nTokens - 1}.`,
    );
  },
};

/** The one token that a text is. */
async function tokenOf({ text }: TokenDraft, reader: DraftReader) {
  if (text === "") throw new Wrong("Type the text of the new token, with its leading space if it has one.");
  const [token, ...more] = await reader.piece(text);
  if (token && more.length === 0) return token;
  throw new Wrong(`“${text}” is ${token ? more.length + 1 : 0} tokens; the new text must be exactly one.`);
}

export const token: EditDetails<"token", TokenDraft> = {
  kind: "token",
  name: "replace a token",
  sentence: "The model reads another token at one position of the prompt.",
  fields: {
    position,
    token: {
      schema: whole,
      write: () => ({}),
      read: async (draft, reader) => (await tokenOf(draft, reader)).id,
    },
    text: {
      schema: label,
      write: (text) => ({ text }),
      read: async (draft, reader) => (await tokenOf(draft, reader)).text,
    },
  },
  first: (at) => ({ position: Math.max(0, at.position), text: "" }),
  sites: () => [],
};
