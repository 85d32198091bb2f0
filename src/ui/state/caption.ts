/** What was measured, on what, in one line: it stands under every plot and goes into every export. */
import type { Edit } from "../../protocol/interventions";
import { editsText } from "../../client/edits/chipText";
import type { Session } from "./session.svelte";

/** Model, precision, weights, device and edits, then `parts`: the plot's own n, seed or mode. */
export function captionOf(
  {
    model,
    device,
    edits,
  }: Pick<Session, "model" | "device"> & { readonly edits: { readonly active: readonly Edit[] } },
  parts: readonly string[] = [],
): string {
  if (!model) return "";
  return [
    `model ${model.name} (${model.architecture}, ${model.precision}, SHA-256 ${model.sha256.slice(0, 12)}…)`,
    device ? `device ${device.kind === "webgpu" ? device.label : "CPU"}` : "",
    editsText(edits.active),
    ...parts,
  ]
    .filter(Boolean)
    .join(" · ");
}
