/** Which links are drawn, and how strongly: those of the node that is looked at, those among pinned ones, all where they are few. */
import type { Graph } from "../../../client/graph/graph";
import type { Neighbours } from "../../../client/graph/links";

/** Up to so many links all of them are drawn, faintly. */
export const FEW_LINKS = 3000;
/** Of the nodes that are looked at; the strongest are drawn last. */
const MOST_STRONG = 2000;

export interface DrawnLinks {
  /** Indices of links. */
  readonly faint: Int32Array;
  readonly strong: readonly number[];
  /** |weight| that is drawn thickest. */
  readonly most: number;
}

/** `focus`: the nodes that are looked at; `kept`: links between shown nodes. */
export function drawnLinks(
  graph: Graph,
  neighbours: Neighbours,
  shown: Uint8Array,
  kept: Int32Array,
  focus: readonly number[],
  pinned: readonly number[],
): DrawnLinks {
  const { source, target, weight } = graph.links;
  const isShown = (link: number) => shown[source[link] ?? -1] === 1 && shown[target[link] ?? -1] === 1;
  const strong = new Set<number>();
  for (const node of focus) {
    for (const side of ["inputs", "outputs"] as const) {
      for (const link of neighbours.links(node, side)) if (isShown(link)) strong.add(link);
    }
  }
  const among = new Set(pinned);
  for (const node of pinned) {
    for (const link of neighbours.links(node, "outputs"))
      if (among.has(target[link] ?? -1) && isShown(link)) strong.add(link);
  }
  const size = (link: number) => Math.abs(weight[link] ?? 0);
  const sorted = [...strong].sort((a, b) => size(b) - size(a)).slice(0, MOST_STRONG);
  return {
    faint: kept.length <= FEW_LINKS ? kept : new Int32Array(0),
    strong: sorted.toReversed(),
    most: size(sorted[0] ?? -1),
  };
}

/** Thickness of a link, px: area follows the weight. */
export const linkWidth = (weight: number, most: number) =>
  most > 0 ? 0.6 + 3.4 * (Math.abs(weight) / most) : 1;

/** A link's curve: out of the upper side of its source, into the lower side of its target. */
export function curve(x0: number, y0: number, x1: number, y1: number): readonly number[] {
  const bend = (y0 - y1) * 0.45;
  return [x0, y0, x0, y0 - bend, x1, y1 + bend, x1, y1];
}
