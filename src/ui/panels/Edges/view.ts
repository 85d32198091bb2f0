/** What the panel says of edges: which are drawn, how far estimates are from path patching, what kept graphs keep. */
import type {
  CheckedEdge,
  EdgeAttributionRequest,
  EdgeAttributionResult,
  EdgeEffect,
  KeptGraph,
} from "../../../protocol/gradients/attributions";
import { formatNumber, formatSigned } from "../../../client/format";
import { agreementText, percent } from "../../../client/metrics/agreementText";
import { edgeName, type GraphShape } from "./nodes";
import { FEWEST_DRAWN, MOST_DRAWN } from "./settings";

/** An edge with its exact effect, where path patching has run it. */
export interface ShownEdge extends EdgeEffect {
  readonly exact: number | undefined;
}

/** Of the edges that are told, strongest first, those that are drawn. */
export function shownEdges({ edges, check }: EdgeAttributionResult, drawn: number): ShownEdge[] {
  const most = Math.max(FEWEST_DRAWN, Math.min(MOST_DRAWN, Math.round(drawn) || FEWEST_DRAWN));
  const id = ({ from, to }: EdgeEffect) => JSON.stringify([from, to]);
  const exact = new Map(runEdges(check?.edges ?? []).map((edge) => [id(edge), edge.exact]));
  return edges.slice(0, most).map((edge) => ({ ...edge, exact: exact.get(id(edge)) }));
}

export const runEdges = (edges: readonly CheckedEdge[]): CheckedEdge[] =>
  edges.filter(({ exact }) => Number.isFinite(exact));

/** Behind "gradient taken". */
export function pointText({ at }: Pick<EdgeAttributionResult, "at">): string {
  switch (at.kind) {
    case "prompt":
      return "in this prompt";
    case "donor":
      return "in the other prompt";
    case "path":
      return `along the path to the other prompt, mean of ${at.steps} steps`;
  }
}

/** One edge in words: "head 0.1 → v of head 1.1: +2.31 logits to first order, exact +2.40". */
export function edgeText({ exact, ...edge }: ShownEdge, shape: GraphShape, unit: string): string {
  const truth = exact === undefined ? "" : `, exact ${formatSigned(exact, 3)}`;
  return `${edgeName(edge, shape)}: ${formatSigned(edge.estimate, 3)} ${unit} to first order${truth}`;
}

/** Gradients of nothing but zeros, or not finite: `isAll` where no edge has an estimate that says anything. */
export function alarmWords(
  result: Pick<EdgeAttributionResult, "alarms" | "at" | "edges">,
): { readonly text: string; readonly isAll: boolean } | undefined {
  const { alarms, edges } = result;
  if (alarms.length === 0) return undefined;
  const sites = [...new Set(alarms.map(({ site }) => site))];
  const some = sites.length > 4 ? `${sites.length} sites` : sites.join(", ");
  const what = alarms.some(({ kind }) => kind === "notFinite")
    ? "zero everywhere or not finite"
    : "zero everywhere";
  const isAll = edges.every(({ estimate }) => !Number.isFinite(estimate) || estimate === 0);
  const rest = isAll
    ? "So no edge is shown: take the gradient elsewhere, or another metric."
    : "Edges into these say nothing to first order.";
  return { text: `The gradient taken ${pointText(result)} is ${what} at ${some}. ${rest}`, isAll };
}

/** From this relative error on the strongest estimates are called far from the truth. */
const FAR = 0.5;
/** Below this correlation drawn estimates are. */
const LOOSE = 0.5;
const FEW = 3;

/** Where the check shows the estimates to be far off; undefined where it does not, or there is none. */
export function farWords({ check, at }: Pick<EdgeAttributionResult, "check" | "at">): string | undefined {
  if (!check) return undefined;
  const { largest, random } = check;
  const cure =
    at.kind === "path"
      ? "Rely on the exact effects."
      : "Rely on the exact effects, or take the gradient along the path.";
  if (largest.n >= FEW && largest.relativeError > FAR)
    return `First order is far from the truth here: the strongest estimates miss their exact effects by ${percent(largest.relativeError)} (relative error). ${cure}`;
  if (random.n >= FEW && random.pearson < LOOSE)
    return `First order is far from the truth here: over drawn edges estimates and exact effects hardly go together (Pearson r ${formatNumber(random.pearson)}). ${cure}`;
  return undefined;
}

/** The check in sentences; without one, that there was none. `running`: more may come. */
export function checkSentences(
  { check: asked }: Pick<EdgeAttributionRequest, "check">,
  { check }: Pick<EdgeAttributionResult, "check">,
  unit: string,
  running: boolean,
): string[] {
  if (!asked)
    return [
      "First order was not checked: no edge was run exactly, and how far these estimates are off is unknown.",
    ];
  const done = check?.all.n ?? 0;
  if (!check || done === 0)
    return [
      running
        ? "First order is not checked yet."
        : "First order was not checked: the run was stopped before.",
    ];
  const { length } = check.edges;
  return [
    ...(done < length
      ? [`${done} of ${length} edges to check are run${running ? " so far" : "; then it was stopped"}.`]
      : []),
    check.random.n > 0
      ? `Edges drawn by seed ${asked.seed}: ${agreementText(check.random, unit)}.`
      : "No drawn edge was run, so nothing is said of the whole graph.",
    ...(check.largest.n > 0
      ? [`Edges with the largest estimates: ${agreementText(check.largest, unit)}.`]
      : []),
    "Only the drawn edges speak for the whole graph: the largest were chosen by the estimate, and cannot show what it misses.",
  ];
}

/** A size of kept graphs, and what graphs of as many random edges keep. */
export interface CurvePoint extends KeptGraph {
  readonly random?: {
    readonly n: number;
    readonly mean: number;
    readonly least: number;
    readonly most: number;
  };
}

export function curvePoints({
  graphs,
  randomGraphs,
}: Pick<EdgeAttributionResult, "graphs" | "randomGraphs">): CurvePoint[] {
  return graphs.map((graph) => {
    const drawn = randomGraphs.filter(({ kept }) => kept === graph.kept).map((one) => one.faithfulness);
    if (drawn.length === 0) return graph;
    const mean = drawn.reduce((sum, one) => sum + one, 0) / drawn.length;
    const random = { n: drawn.length, mean, least: Math.min(...drawn), most: Math.max(...drawn) };
    return { ...graph, random };
  });
}

/** A graph that keeps this share of the difference counts as enough. */
const ENOUGH = 0.8;

/** What the curve says: both ends, and the fewest edges that are enough. */
export function curveSentences(
  result: Pick<EdgeAttributionResult, "base" | "donor" | "graphs" | "randomGraphs" | "edgeCount">,
  { metric, unit, seed }: { readonly metric: string; readonly unit: string; readonly seed: number },
): string[] {
  const { base, donor, edgeCount } = result;
  const ends = `${metric} is ${formatNumber(base)} in this prompt (faithfulness 1) and ${formatNumber(donor)} in the other (0), ${unit}.`;
  if (Math.abs(base - donor) < 1e-6)
    return [
      `${metric} is the same in both prompts (${formatNumber(base)} ${unit}), so faithfulness is undefined.`,
    ];
  const points = curvePoints(result);
  const enough = points.find(({ faithfulness }) => faithfulness >= ENOUGH);
  if (points.length === 0) return [ends];
  if (!enough) return [ends, `None of these graphs keeps ${percent(ENOUGH)} of the difference.`];
  const { kept, faithfulness, random } = enough;
  const kept_ = `The ${kept} strongest of ${edgeCount} edges as in this prompt, all others as in the other, keep ${formatNumber(faithfulness)} of the difference`;
  const null_ = random
    ? `; ${random.n} graphs of ${kept} edges drawn by seed ${seed} keep ${formatNumber(random.mean)} on average`
    : "; no random graphs stand beside them";
  return [ends, `${kept_}${null_}.`];
}
