/** The same numbers as rows: edges, the check, kept graphs. */
import type { CheckedEdge } from "../../../protocol/gradients/attributions";
import type { DataTable } from "../../charts/dataTable";
import type { ScatterPoint } from "../../charts/scatter/scatter";
import { edgeName, inputName, nodeName, type GraphShape } from "./nodes";
import type { CurvePoint, ShownEdge } from "./view";

const word = (name: string) => ({ name, numeric: false });
const number = (name: string) => ({ name, numeric: true });

export function edgeTable(edges: readonly ShownEdge[], shape: GraphShape, unit: string): DataTable {
  return {
    columns: [
      ...[word("from"), word("to")],
      ...[number(`effect to first order, ${unit}`), number(`exact effect, ${unit}`)],
    ],
    rows: edges.map(({ from, to, estimate, exact = NaN }) => [
      ...[nodeName(from), inputName(to, shape), estimate, exact],
    ]),
  };
}

export function checkTable(edges: readonly CheckedEdge[], shape: GraphShape): DataTable {
  return {
    columns: [
      ...[word("edge"), number("exact effect"), number("first order"), number("first order − exact")],
      word("chosen"),
    ],
    rows: edges.map(({ isLargest, isRandom, exact, estimate, ...edge }) => [
      ...[edgeName(edge, shape), exact, estimate, estimate - exact],
      [...(isRandom ? ["drawn"] : []), ...(isLargest ? ["largest"] : [])].join(", "),
    ]),
  };
}

/** Exact to the right, estimate upwards; drawn edges filled, the largest ringed. */
export const checkPoints = (edges: readonly CheckedEdge[], shape: GraphShape): ScatterPoint[] =>
  edges.map(({ isLargest, isRandom, exact, estimate, ...edge }) => ({
    ...{ x: exact, y: estimate, name: edgeName(edge, shape), isFilled: isRandom, isRinged: isLargest },
  }));

export function curveTable(points: readonly CurvePoint[], metric: string): DataTable {
  return {
    columns: [
      ...[number("edges kept"), number(metric), number("faithfulness")],
      ...[number("random graphs"), number("their mean"), number("their least"), number("their most")],
    ],
    rows: points.map(({ kept, metric: value, faithfulness, random }) => [
      ...[kept, value, faithfulness, random?.n ?? 0],
      ...[random?.mean ?? NaN, random?.least ?? NaN, random?.most ?? NaN],
    ]),
  };
}
