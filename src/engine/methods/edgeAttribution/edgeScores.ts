/**
 * Every edge to first order: Δ(what the source writes) · ∂m/∂(what the input reads, through this input alone).
 *
 *   1. the metric's gradient g at what every input makes (queries, keys, values, what MLPs write, the last stream)
 *   2. for each layer, one scalar an input: Σ g · (what it makes), read at the sites themselves. Its gradient at the stream has
 *      no way but through that input
 *   3. the sum over positions and columns of Δ times that gradient; over all points of the path
 */
import type { AttributionAlarm } from "../../../protocol/gradients/attributions";
import type { Pauser } from "../../../protocol/cancel";
import type { Scalar } from "../../../protocol/gradients/gradients";
import type { MetricPoint } from "../../interp/cells/metricGradients";
import { gradients } from "../../interp/gradients/gradients";
import type { Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";
import { sourcesOf, type EdgeGraph, type Input, type Source } from "./edgeGraph";
import { get, type Written } from "./nodeOutputs";

/** [input]: the estimate of each source that reaches it. */
export type EdgeEstimates = ReadonlyMap<Input, ReadonlyMap<Source, number>>;

export async function edgeScores(
  model: Model,
  graph: EdgeGraph,
  points: readonly MetricPoint[],
  differences: ReadonlyMap<Source, Written>,
  pauser: Pauser,
  onWalk: () => void,
) {
  const estimates = new Map(graph.inputs.map((input) => [input, new Map<Source, number>()]));
  const alarms: Omit<AttributionAlarm, "at">[] = [];
  const add = (input: Input, gradient: Float32Array) => {
    const own = get(estimates, input);
    for (const source of sourcesOf(graph, input)) {
      const effect = dot(get(differences, source), gradient);
      own.set(source, (own.get(source) ?? 0) + effect);
    }
  };
  const made = [...new Set(graph.inputs.map((input) => input.made))];
  for (const { row, terms } of points) {
    await pauser.pause();
    const first = await gradients(model, { rows: [row], scalars: [terms], sites: made });
    for (const { kind, site } of first.alarms) {
      if (!alarms.some((alarm) => alarm.site === site)) alarms.push({ kind, site });
    }
    onWalk();
    const found = new Map(first.gradients.map(({ site, data }) => [site, data]));
    for (let layer = 0; layer < graph.nLayers; layer++) {
      await pauser.pause();
      const inputs = graph.inputs.filter(({ node }) => node.kind !== "logits" && node.layer === layer);
      const scalars = inputs.map((input) => inputScalar(model, input, get(found, input.made)));
      const live = [...inputs.keys()].filter((i) => (scalars[i] ?? []).length > 0);
      onWalk();
      if (live.length === 0) continue;
      const back = await gradients(model, {
        rows: [row],
        scalars: live.map((i) => scalars[i] ?? []),
        sites: [...new Set(inputs.map(({ stream }) => stream))],
      });
      for (const { scalar, site, data } of back.gradients) {
        const input = inputs[live[scalar] ?? -1];
        if (input?.stream === site) add(input, data);
      }
    }
    const last = graph.inputs.at(-1);
    if (last) add(last, get(found, last.made));
  }
  return { estimates: estimates as EdgeEstimates, alarms };
}

/** Σ gradient · (what the input makes), position by position; positions without a gradient are left out. */
function inputScalar({ config }: Model, { made, head }: Input, gradient: Float32Array): Scalar {
  const { heads, width } = siteColumns(config, made);
  const columns = Number(width);
  const total = heads * columns;
  return Array.from({ length: gradient.length / total }, (_, position) => position).flatMap((position) => {
    const values = new Float32Array(total);
    const from = (head ?? 0) * columns;
    const own = gradient.subarray(position * total + from, position * total + from + columns);
    if (own.every((value) => value === 0)) return [];
    values.set(own, from);
    return [{ kind: "site" as const, site: made, row: 0, position, values }];
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
