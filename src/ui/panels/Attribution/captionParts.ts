/** What stands under every figure of the panel. */
import { captionOf } from "../../state/caption";
import type { Session } from "../../state/session.svelte";
import { tokenLabel } from "../../../client/tokens/tokenText";
import { formatSigned } from "../../../client/format";
import type { Found } from "./attribution.svelte";
import type { Method } from "./settings";
import { METHOD_NAMES } from "./settings";
import { scalarWords } from "./view";

/** The path of integrated gradients in words: from where, by how many points, how complete. */
export function pathWords({ request, result, fillerText }: Found): string {
  const { baseline, steps, rule } = request;
  const from = {
    zero: "zero embeddings",
    mean: "the mean embedding of the prompt's tokens",
    token: `the embedding of “${tokenLabel(fillerText)}”`,
  }[baseline.kind];
  return `baseline: ${from}, ${steps} steps, ${rule} rule, completeness error ${formatSigned(result.completenessError, 3)}`;
}

/** The edits are those that were asked under. */
export function captionFor(
  { model, device }: Pick<Session, "model" | "device">,
  found: Found,
  parts: readonly string[],
): string {
  const { targets, request } = found;
  return captionOf({ model, device, edits: { active: request.prompt.edits ?? [] } }, [
    `${scalarWords(targets.target.text, targets.minus?.text)} after position ${targets.position}`,
    ...parts,
    `n = ${found.labels.length} tokens${request.fixed ? ", BOS fixed" : ""}`,
  ]);
}

/** A method in words: what there is to know besides its name. */
export function methodWords(found: Found, method: Method): string {
  const more: Readonly<Record<Method, string>> = {
    integrated: `, ${pathWords(found)}`,
    gradientInput: "",
    saliency: ": length of the gradient, for each unit of length (len) of an embedding",
  };
  return METHOD_NAMES[method] + more[method];
}

export const replacedWords = ({ fillerText }: Found, which = "the token"): string =>
  `lost: as it is − with ${which} replaced by “${tokenLabel(fillerText)}”`;
