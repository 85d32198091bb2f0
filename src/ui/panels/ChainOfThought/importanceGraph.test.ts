/** Arcs of the importance graph. */
import { expect, it } from "vitest";
import { arcsOf, graphLayout, graphSvg, strongest } from "./importanceGraph";

const MATRIX = { values: Float32Array.of(NaN, 2, 0, NaN, NaN, -4), cols: 3 };

it("draws an arc for every effect, strongest first, wide in proportion", () => {
  const arcs = arcsOf(MATRIX, [0, 1]);
  expect(arcs).toEqual([
    { from: 1, to: 2, value: -4 },
    { from: 0, to: 1, value: 2 },
  ]);
  expect(strongest(arcs, 0.6)).toHaveLength(1);
  const { nodes, arcs: drawn } = graphLayout(["a", "b", "answer"], arcs);
  expect(nodes.map(({ label }) => label)).toEqual(["a", "b", "answer"]);
  expect(drawn[0]!.stroke / drawn[1]!.stroke).toBeCloseTo(2);
  const svg = graphSvg(graphLayout(["<a>", "b", "c"], arcs), "title", "caption");
  expect(svg).toContain("&#60;a&#62;");
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(1);
});

it("keeps the step that a player is", () => {
  expect(arcsOf({ values: Float32Array.of(NaN, NaN, NaN, 5), cols: 4 }, [2])).toEqual([
    { from: 2, to: 3, value: 5 },
  ]);
});
