/** An edit in short exact words: for its chip, for captions and exports. */
import { writePairs } from "../../protocol/writePairs";
import type { AttentionPairs, Direction, Edit, Positions, PromptSet } from "../../protocol/interventions";
import { formatIndices } from "./indexList";
import { dimName, isBlockSite } from "./siteSize";

const MINUS = "−";
/** Characters of a text that are quoted. */
const MAX_QUOTED = 24;
const MAX_PAIRS_TEXT = 48;

const number = (value: number) => String(value).replace("-", MINUS);

/** “Ann has 3 …”: the beginning of a text, line ends as spaces. */
export function quoted(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return `“${line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED).trimEnd()}…` : line}”`;
}

const several = (name: string, indices: readonly number[]) =>
  `${name}${indices.length === 1 ? "" : "s"} ${formatIndices(indices)}`;

/** "all positions", "position 3", "positions 3, 5–9", "positions from 4 on". */
export function positionsText(positions: Positions | undefined, all = "all positions"): string {
  if (positions === undefined) return all;
  if ("from" in positions) return `positions from ${positions.from} on`;
  return positions.length === 0 ? "no position" : several("position", positions);
}

interface Place {
  readonly layers?: readonly number[] | undefined;
  readonly heads?: readonly number[] | undefined;
  readonly dims?: readonly number[] | undefined;
}

const blocksText = (layers: readonly number[] | undefined) => {
  if (layers === undefined) return "all blocks";
  return layers.length === 0 ? "no block" : `blocks.${formatIndices(layers).replaceAll(", ", ",")}`;
};

/** "blocks.2 attn.z head 3", "all blocks mlp.post neurons 4, 9", "embed". */
export function placeText(site: string | undefined, { layers, heads, dims }: Place): string {
  return [
    site === undefined || isBlockSite(site) ? blocksText(layers) : "",
    site ?? "",
    heads && several("head", heads),
    dims && several(dimName(site ?? ""), dims),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Rules as the editor reads them; of many, the first, how many there are, and a number that tells them apart. */
function pairsText(pairs: readonly AttentionPairs[]): string {
  const text = writePairs(pairs);
  if (text.length <= MAX_PAIRS_TEXT) return text;
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return `${text.slice(0, MAX_PAIRS_TEXT)}… (${pairs.length} rules, ${sum.toString(16)})`;
}

const setText = ({ name, prompts }: PromptSet) => `${name} (n = ${prompts.length})`;

/** What the edit does and where it takes values from, around the place that it changes. */
function what(edit: Edit): string {
  switch (edit.kind) {
    case "zero":
    case "scale":
      return `${edit.kind} ${placeText(edit.site, edit)}`;
    case "mean":
      return `mean ${placeText(edit.site, edit)} over ${setText(edit.over)}${edit.by === "position" ? " by position" : ""}`;
    case "resample":
      return `resample ${placeText(edit.site, edit)} from ${setText(edit.from)} seed ${edit.seed}`;
    case "patch":
      return `patch ${placeText(edit.site, edit)} from ${quoted(edit.from.text)}${edit.align === "token" ? " by token" : ""}`;
    case "add":
      return `add to ${placeText(edit.site, edit)} ${directionText(edit.direction)}`;
    case "knockOut":
      return `knock out attention ${placeText(undefined, edit)}`;
    case "mask":
      return edit.op === "hide"
        ? `mask attention ${placeText(undefined, edit)}, hidden ${pairsText(edit.pairs)}`
        : `mask attention ${placeText(undefined, edit)}, seen alone ${pairsText(edit.pairs)}`;
    case "score":
      return `attention score ${placeText(undefined, edit)} at ${pairsText(edit.pairs)}`;
    case "token":
      return `token at position ${edit.position} becomes ${quoted(edit.text)}`;
    case "freeze":
      return `freeze ${edit.what === "patterns" ? "attention patterns" : "norm scales"} ${placeText(undefined, edit)}`;
    case "latent": {
      const error = edit.error === "dropped" ? ", error term dropped" : "";
      if (edit.latents.length === 0) return `reconstruction of ${edit.sae.name} in place`;
      return `${edit.op} ${several("latent", edit.latents)} of ${edit.sae.name}${error}`;
    }
  }
}

function directionText(direction: Direction): string {
  if (direction.kind === "vector") return direction.name;
  const over = direction.over === "last" ? "last token" : "all tokens";
  return `${quoted(direction.plus.text)} ${MINUS} ${quoted(direction.minus.text)} (${over})`;
}

function scope(edit: Edit): string {
  if (edit.kind === "token" || edit.kind === "freeze" || edit.kind === "score") return "";
  if (edit.kind === "mask") return edit.empty === "zeros" ? "" : "rows that see nothing uniform";
  if (edit.kind !== "knockOut") return positionsText(edit.positions);
  const from = positionsText(edit.queries, "all queries").replace("position", "query position");
  const to = positionsText(edit.keys, "all keys but their own").replace("position", "key position");
  return `${from} to ${to}`;
}

/** "× 0.5", "strength 0.5"; nothing where an edit replaces fully, or has no amount. */
function amount(edit: Edit): string {
  if (edit.kind === "scale") return `× ${number(edit.factor)}`;
  if (edit.kind === "score") return `${edit.op === "set" ? "=" : "+"} ${number(edit.value)}`;
  if (edit.kind === "add") return `× ${number(edit.coefficient)}`;
  if (edit.kind === "latent" && edit.latents.length > 0 && edit.op !== "ablate") {
    return `${{ clamp: "to", scale: "×", add: "+" }[edit.op]} ${number(edit.amount)}`;
  }
  return "strength" in edit && edit.strength !== 1 ? `strength ${number(edit.strength)}` : "";
}

/** "zero blocks.2 attn.z head 3 · all positions". */
export function editText(edit: Edit): string {
  return [what(edit), scope(edit), amount(edit)].filter(Boolean).join(" · ");
}

/** The same without its amount, which stands beside it in a field. */
export function editScope(edit: Edit): string {
  return [what(edit), scope(edit)].filter(Boolean).join(" · ");
}

/** A whole stack: "no edits", or those that are given, in order. */
export function editsText(edits: readonly Edit[]): string {
  return edits.length === 0 ? "no edits" : `edits: ${edits.map(editText).join("; ")}`;
}
