/** A graph in words: what its scores mean, what a node is, how far the linear graph is from ablations in the model. */
import type { Agreement } from "../../../protocol/gradients/attributions";
import type { AttributionGraphResult, GraphScores } from "../../../protocol/gradients/graphs";
import { nodeName, type Graph, type Marks, type NodeKind } from "../../../client/graph/graph";
import { formatNumber, formatProbability } from "../../../client/format";
import { tokenLabel } from "../../../client/tokens/tokenText";

export const KIND_NAMES: Readonly<Record<NodeKind, string>> = {
  token: "token",
  latent: "latent",
  error: "error",
  logit: "logit",
  other: "other",
};

export const percent = (share: number): string =>
  Number.isNaN(share) ? "–" : `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

const count = (n: number) => n.toLocaleString("en");

/** "of what reaches the prediction …" */
export function scoreWords({ replacement, completeness }: GraphScores): string {
  return (
    `${percent(replacement)} of what reaches the prediction comes from the prompt's tokens through the nodes, ` +
    `the rest from errors (replacement score ${formatNumber(replacement, 2)}); ` +
    `${percent(completeness)} of what nodes receive comes from nodes that are explained ` +
    `(completeness score ${formatNumber(completeness, 2)}).`
  );
}

/** How large the graph was before it was pruned, and how it scored. */
export function wholeWords({ whole, activeLatents, usedLatents }: AttributionGraphResult): string {
  const { replacement, completeness } = whole.scores;
  const taken =
    usedLatents < activeLatents
      ? `${count(usedLatents)} of ${count(activeLatents)} active latents were taken in; the others count as errors`
      : `all ${count(activeLatents)} active latents were taken in`;
  return (
    `Before pruning: ${count(whole.nodes)} nodes, ${count(whole.links)} links, ` +
    `replacement ${formatNumber(replacement, 2)}, completeness ${formatNumber(completeness, 2)}; ${taken}.`
  );
}

/** "latent 45 of layer 3 at position 1 “one”". */
export function placeWords(graph: Graph, index: number): string {
  const node = graph.nodes[index];
  if (!node) return "";
  const at = `position ${node.position} “${tokenLabel(graph.tokens[node.position] ?? "")}”`;
  switch (node.kind) {
    case "token":
      return `token at ${at}`;
    case "logit":
      return `logit after ${at}`;
    case "latent":
      return `latent ${node.latent ?? ""} of layer ${node.layer} at ${at}`;
    default:
      return `${KIND_NAMES[node.kind]} of layer ${node.layer} at ${at}`;
  }
}

/** Layer and position, in little space. */
export function shortPlace({ nodes, rows }: Graph, index: number): string {
  const { row = -1, position = 0 } = nodes[index] ?? {};
  return `${rows[row] ?? ""}, ${position}`;
}

/** What is known of a node in numbers. */
export function numberWords({ nodes }: Graph, index: number): string[] {
  const node = nodes[index];
  if (!node) return [];
  const { activation, probability, share, cumulative } = node;
  return [
    ...(activation === undefined ? [] : [`activation ${formatNumber(activation, 3)}`]),
    ...(probability === undefined ? [] : [`probability ${formatProbability(probability)}`]),
    ...(share === undefined ? [] : [`${percent(share)} of the influence passes it`]),
    ...(cumulative === undefined
      ? []
      : [`it and all nodes of more influence hold ${percent(cumulative)} together`]),
  ];
}

/** What a screen reader hears of a node, and what stands below the drawing. */
export function readout(graph: Graph, index: number, marks: Marks): string {
  const name = nodeName(graph, index, marks);
  return [name, placeWords(graph, index), ...numberWords(graph, index)].join(" · ");
}

/** Correlation of two points is 1 whatever they are. */
const FEWEST = 3;

function agreedWords({ n, spearman, pearson, meanError, relativeError }: Agreement): string {
  const order =
    n < FEWEST
      ? "too few for a correlation"
      : Number.isNaN(spearman)
        ? "no correlation, for one side does not vary"
        : `Pearson’s r ${formatNumber(pearson, 2)}, Spearman’s ρ ${formatNumber(spearman, 2)}`;
  const relative = Number.isFinite(relativeError) ? `, relative error ${percent(relativeError)}` : "";
  return `n = ${n}, ${order}${relative} (mean |error| ${formatNumber(meanError)} logits)`;
}

/** The check by ablations, a sentence for each kind of node that was taken; none where nothing was run yet. */
export function checkWords(check: AttributionGraphResult["check"], seed: number): string[] {
  if (!check || check.all.n === 0) return [];
  return [
    ...(check.random.n > 0
      ? [`Latents drawn from the graph by seed ${seed}: ${agreedWords(check.random)}.`]
      : []),
    ...(check.largest.n > 0 ? [`Latents of most influence: ${agreedWords(check.largest)}.`] : []),
    "Exact: the latent is set to zero in the model, which then computes everything behind it again. The graph holds attention " +
      "patterns, norms and the choice of active latents as they were.",
  ];
}
