/** An edit in short exact words: for its chip, for captions and exports. */
import type { Edit } from "../../protocol/interventions";
import { wordsOf } from "./chips/index";

/** "zero blocks.2 attn.z head 3 · all positions". */
export function editText(edit: Edit): string {
  return [editScope(edit), wordsOf(edit).amountText?.(edit)].filter(Boolean).join(" · ");
}

/** The same without its amount, which stands beside it in a field. */
export function editScope(edit: Edit): string {
  const words = wordsOf(edit);
  return [words.what(edit), words.scope?.(edit)].filter(Boolean).join(" · ");
}

/** A whole stack: "no edits", or those that are given, in order. */
export function editsText(edits: readonly Edit[]): string {
  return edits.length === 0 ? "no edits" : `edits: ${edits.map(editText).join("; ")}`;
}
