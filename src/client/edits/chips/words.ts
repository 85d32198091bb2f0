/** Words and amounts that several kinds of edits share. */
import type { AttentionPairs, Positions, PromptSet } from "../../../protocol/interventions";
import { writePairs } from "../../../protocol/writePairs";
import { formatIndices } from "../indexList";
import { dimName, isBlockSite } from "../siteSize";
import type { Amount } from "./chip";

export const MINUS = "−";
/** Characters of a text that are quoted. */
const MAX_QUOTED = 24;
const MAX_PAIRS_TEXT = 48;
/** Largest factor, coefficient and amount, either way: beyond it f32 sums are noise. */
export const LARGEST_AMOUNT = 1e6;

export const number = (value: number) => String(value).replace("-", MINUS);

/** “Ann has 3 …”: the beginning of a text, line ends as spaces. */
export function quoted(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return `“${line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED).trimEnd()}…` : line}”`;
}

export const several = (name: string, indices: readonly number[]) =>
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
export function pairsText(pairs: readonly AttentionPairs[]): string {
  const text = writePairs(pairs);
  if (text.length <= MAX_PAIRS_TEXT) return text;
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return `${text.slice(0, MAX_PAIRS_TEXT)}… (${pairs.length} rules, ${sum.toString(16)})`;
}

export const setText = ({ name, prompts }: PromptSet) => `${name} (n = ${prompts.length})`;

/** The scope of an edit that names positions. */
export const scope = ({ positions }: { readonly positions?: Positions }) => positionsText(positions);

export const amountOfAnySize = (name: Amount["name"], value: number): Amount => ({
  ...{ name, value },
  ...{ min: -LARGEST_AMOUNT, max: LARGEST_AMOUNT },
});

/** Of every kind that puts a value in the place of x, as far as its strength says. */
export const replacing = {
  scope,
  amount: ({ strength }: { readonly strength: number }): Amount => ({
    ...{ name: "strength", value: strength },
    ...{ min: 0, max: 1 },
  }),
  amountText: ({ strength }: { readonly strength: number }) =>
    strength === 1 ? "" : `strength ${number(strength)}`,
};
