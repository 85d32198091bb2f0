/** Searching for latents: by what they are called, by their number, by where they are active. */
import { byF1, type LatentLabel } from "../../state/latentLabels.svelte";
import type { ListedLatent } from "./latentTable";
import type { RankedLatent } from "./view";

/** Every word has to be in the label; case does not matter. Nothing typed: all. One's own come first, then those that fit best. */
export function byLabel(labels: readonly (readonly [number, LatentLabel])[], query: string): ListedLatent[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return byF1(labels)
    .filter(([, { text }]) => words.every((word) => text.toLowerCase().includes(word)))
    .map(([latent]) => ({ latent, values: [] }));
}

/** Numbers that are typed, in order; what is none of them is said. */
export function byNumber(query: string, nLatents: number): { found: ListedLatent[]; wrong?: string } {
  const words = query.split(/[\s,;]+/).filter(Boolean);
  const bad = words.find((word) => !/^\d+$/.test(word) || Number(word) >= nLatents);
  const wrong = `“${(bad ?? "").slice(0, 20)}” is no latent: they are 0 to ${nLatents - 1}.`;
  const found = [...new Set(words.filter((word) => word !== bad).map(Number))];
  return {
    found: found.filter((latent) => latent < nLatents).map((latent) => ({ latent, values: [] })),
    ...(bad === undefined ? {} : { wrong }),
  };
}

export const byActivity = (rows: readonly RankedLatent[]): ListedLatent[] =>
  rows.map(({ latent, value, position }) => ({ latent, values: [value], position }));

/** Positions whose token holds what is typed; all of them where nothing is. */
export function positionsWith(tokens: readonly string[], query: string): number[] {
  const wanted = query.trim().toLowerCase();
  return tokens.flatMap((token, at) => (token.toLowerCase().includes(wanted) ? [at] : []));
}
