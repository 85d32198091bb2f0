/** From what stands in the editor's fields to an edit, or to a sentence that says why it makes none. */
import type { Edit, NewEdit } from "../../protocol/interventions";
import { misfit } from "./editFit";
import { detailsOf, type EditDraft } from "./details/index";
import type { DraftReader } from "./details/editDetails";

/** The edit that a draft makes, or a sentence that says why it makes none. */
export async function readDraft(
  draft: EditDraft,
  reader: DraftReader,
): Promise<{ readonly edit: NewEdit } | { readonly wrong: string }> {
  try {
    const edit = await editOf(draft, readingOnce(reader));
    const why = misfit({ ...edit, id: "", on: true } as Edit, reader.model, undefined, reader.attached);
    return why === undefined ? { edit } : { wrong: why };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

/** Only what is there: an absent field means all, and stays absent in links. */
async function editOf(draft: EditDraft, reader: DraftReader): Promise<NewEdit> {
  const said: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(detailsOf(draft.kind).fields)) {
    const value = await field.read(draft, reader);
    if (value !== undefined) said[name] = value;
  }
  return { kind: draft.kind, ...said } as NewEdit;
}

/** A piece of text is tokenized once, however many fields it gives. */
function readingOnce(reader: DraftReader): DraftReader {
  const pieces = new Map<string, ReturnType<DraftReader["piece"]>>();
  const piece = (text: string) => {
    const found = pieces.get(text) ?? reader.piece(text);
    pieces.set(text, found);
    return found;
  };
  return { ...reader, piece };
}
