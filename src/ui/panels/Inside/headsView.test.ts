/** Two heads of one layer over three parts, by hand. */
import { expect, it } from "vitest";
import type { Span } from "../../../client/chain/ablatedRow";
import { headGrid, headsTable, movedGrid, partIndex, partName, partRows, partsTable } from "./headsView";
import { layerGroups, sumSpans } from "./readInside";

const SPANS: Span[] = [
  { part: "prompt", first: 0, end: 1 },
  { part: 0, first: 1, end: 3 },
  { part: "cue", first: 3, end: 4 },
];
const attention = (values: number[]) => ({
  ...{ nLayers: 1, nHeads: 2, parts: 3 },
  values: Float32Array.from(values),
});
// Head 0 gives the step's half to the cue; head 1 does not look at the step.
const PAIR = {
  with: attention([0.25, 0.5, 0.25, 1, 0, 0]),
  without: attention([0.25, 0, 0.75, 1, 0, 0]),
};

it("sums a head's weights over the parts of the text", () => {
  const weights = Float32Array.of(0.125, 0.25, 0.5, 0.125, 1, 0, 0, 0);
  expect([...sumSpans(weights, 2, SPANS)]).toEqual([0.125, 0.75, 0.125, 1, 0, 0]);
  expect([...sumSpans(weights, 2, [{ part: 0, first: 2, end: 2 }])]).toEqual([0, 0]);
});

it("gives a cell to each head", () => {
  expect([...headGrid(PAIR, 1, "with")]).toEqual([0.5, 0]);
  expect([...headGrid(PAIR, 1, "without")]).toEqual([0, 0]);
  expect([...headGrid(PAIR, 2, "change")]).toEqual([0.5, 0]);
  expect([...movedGrid(PAIR)]).toEqual([0.5, 0]);
});

it("lists parts and heads", () => {
  const rows = partRows(PAIR, SPANS, 0, 0);
  expect(rows[2]).toEqual({ part: "cue", with: 0.25, without: 0.75 });
  expect(partsTable(rows).rows[1]).toEqual(["step 1", 0.5, 0, -0.5]);
  const { columns, rows: all } = headsTable(PAIR, SPANS);
  expect(columns.map(({ name }) => name)).toEqual([
    ...["layer", "head", "prompt, with", "prompt, without", "step 1, with", "step 1, without"],
    ...["cue, with", "cue, without", "moved"],
  ]);
  expect(all).toEqual([
    [0, 0, 0.25, 0.25, 0.5, 0, 0.25, 0.75, 0.5],
    [0, 1, 1, 1, 0, 0, 0, 0, 0],
  ]);
});

it("finds the part that is asked for", () => {
  expect(partIndex("step", 0, SPANS)).toBe(1);
  expect(partIndex("cue", 0, SPANS)).toBe(2);
  expect(partIndex("0", 0, SPANS)).toBe(1);
  // A link may name a step that this chain does not have.
  expect(partIndex("7", 0, SPANS)).toBe(1);
  expect(SPANS.map(({ part }) => partName(part))).toEqual(["prompt", "step 1", "cue"]);
});

it("captures as many layers at a time as fit", () => {
  expect(layerGroups(5, 10, 25)).toEqual([[0, 1], [2, 3], [4]]);
  expect(layerGroups(2, 100, 25)).toEqual([[0], [1]]);
});
