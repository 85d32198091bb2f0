/** The parts of a logit as bars, grid and words, on answers made by hand. */
import { describe, expect, it } from "vitest";
import type { AttributionResult } from "../../../protocol/analysis";
import {
  askedWords,
  barItems,
  headGrid,
  headsTable,
  partLabel,
  partsTable,
  sumWords,
} from "./attributionView";

const BASELINE: AttributionResult = {
  parts: [
    { component: "embed", kind: "embed", value: 1 },
    { component: "blocks.0.attn", kind: "attention", layer: 0, value: 2.5 },
    { component: "blocks.0.mlp", kind: "mlp", layer: 0, value: -1 },
    { component: "final norm bias", kind: "bias", value: 0.25 },
  ],
  heads: [
    { component: "blocks.0.attn.head.0", kind: "head", layer: 0, head: 0, value: 2 },
    { component: "blocks.0.attn.head.1", kind: "head", layer: 0, head: 1, value: 0.25 },
    { component: "blocks.0.attn.bias", kind: "headBias", layer: 0, value: 0.25 },
  ],
  logit: 2.75,
  residual: 0,
  norm: "",
};
const NOW: AttributionResult = {
  ...BASELINE,
  parts: [
    ...BASELINE.parts.map((part) => ({ ...part, value: part.kind === "mlp" ? -3 : part.value })),
    { component: "blocks.0.resid_post", kind: "edit", layer: 0, value: 0.5 },
  ],
};
const both = { now: NOW, baseline: BASELINE };

describe("parts", () => {
  it("are named by what wrote them", () => {
    expect(NOW.parts.map(partLabel)).toEqual([
      "token embedding",
      "layer 0 attention",
      "layer 0 MLP",
      "final norm bias",
      "edit of layer 0 resid_post",
    ]);
  });
  it("are those of a side; an edit's part is missing from the baseline", () => {
    const values = (side: "now" | "baseline" | "difference") =>
      barItems(both, side).map(({ value }) => value);
    expect(values("now")).toEqual([1, 2.5, -3, 0.25, 0.5]);
    expect(values("baseline")).toEqual([1, 2.5, -1, 0.25]);
    expect(values("difference")).toEqual([0, 0, -2, 0, 0.5]);
    expect(barItems(both, "now")[2]?.note).toBe("baseline −1.00");
    expect(barItems({ now: NOW }, "difference")[2]?.value).toBe(-3);
  });
  it("have a table", () => {
    expect(partsTable({ now: BASELINE }).rows[1]).toEqual(["blocks.0.attn", 2.5]);
    expect(partsTable(both).rows[2]).toEqual(["blocks.0.mlp", -3, -1, -2]);
    expect(headsTable(both).columns).toHaveLength(4);
  });
});

describe("heads", () => {
  it("fill a grid of layers by heads, with the bias beside them", () => {
    const grid = headGrid({ now: BASELINE }, "now", 2, 2);
    expect(grid.colLabels).toEqual(["0", "1", "bias"]);
    expect([...grid.values]).toEqual([2, 0.25, 0.25, NaN, NaN, NaN]);
  });
});

it("says the sum, the logit and what is left", () => {
  expect(sumWords(BASELINE)).toBe("sum of parts +2.7500 · logit +2.7500 · sum − logit 0.0000");
  expect(askedWords(" 10", undefined)).toBe("logit of “ 10”");
  expect(askedWords(" 10", " 9")).toBe("logit of “ 10” − logit of “ 9”");
});
