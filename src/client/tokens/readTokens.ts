/** The tokens as the model reads them: edits may have put others in their place. */
import type { TokenInfo } from "../../protocol/api";
import type { Edit } from "../../protocol/interventions";

export function withTokenEdits(tokens: readonly TokenInfo[], edits: readonly Edit[]): readonly TokenInfo[] {
  const changed = [...tokens];
  for (const edit of edits) {
    const old = edit.kind === "token" ? changed[edit.position] : undefined;
    if (edit.kind === "token" && old) changed[edit.position] = { ...old, id: edit.token, text: edit.text };
  }
  return changed;
}
