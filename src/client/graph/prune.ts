/** What of a graph is shown: nodes that hold the first part of influence, those that are marked, and links between them. */
import type { Graph, Marks } from "./graph";

/** 1: shown. Tokens of the prompt and logits always are, and so is what has no influence given and what is marked. */
export function shownNodes({ nodes }: Graph, most: number, { pinned, groups }: Marks): Uint8Array {
  const marked = new Set([...pinned, ...groups.flatMap(({ ids }) => ids)]);
  return Uint8Array.from(nodes, ({ id, kind, cumulative }) => {
    const stays = kind === "token" || kind === "logit" || cumulative === undefined || marked.has(id);
    return stays || cumulative <= most ? 1 : 0;
  });
}

/** Links between shown nodes, by index. */
export function shownLinks({ links }: Graph, shown: Uint8Array): Int32Array {
  const { source, target } = links;
  const kept: number[] = [];
  for (let i = 0; i < source.length; i++) {
    if (shown[source[i] ?? -1] === 1 && shown[target[i] ?? -1] === 1) kept.push(i);
  }
  return Int32Array.from(kept);
}

/** Thresholds that change something: the least and the greatest share of nodes that can be pruned. */
export function influenceRange({ nodes }: Graph): readonly [number, number] | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const { kind, cumulative } of nodes) {
    if (kind === "token" || kind === "logit" || cumulative === undefined) continue;
    low = Math.min(low, cumulative);
    high = Math.max(high, cumulative);
  }
  return low < high ? [low, high] : undefined;
}
