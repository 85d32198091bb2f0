/** What is said of cells to first order: each part's own check, runs that were stopped, alarms. */
import { describe, expect, it } from "vitest";
import type {
  AttributionAlarm,
  AttributionPatchingRequest,
  AttributionPatchingResult,
  CheckedCell,
} from "../../../protocol/gradients/attributions";
import { agreement } from "../../../statistics/agreement";
import { describeCell } from "./figure";
import { alarmText, checkProgress, checkSentences, exactAt, gradientPlace, runCells } from "./firstOrder";
import { gridOf, type Outcome } from "./outcome";

const REQUEST = {
  ...{ prompt: { tokens: [1, 2] }, position: 1, metric: { kind: "logProb", target: 3 } },
  ...{ axes: { kind: "layerHead", site: "attn.z" }, change: { kind: "zero" } },
  ...{ at: { kind: "prompt" }, check: { largest: 1, random: 2, seed: 9 } },
} as AttributionPatchingRequest;
const SUBLAYER: AttributionPatchingRequest = { ...REQUEST, axes: { kind: "layerSublayer" } };

/** Estimates 1, 2, 3, 4 over a base of 1. */
function result(cells: CheckedCell[], alarms: AttributionAlarm[] = []): AttributionPatchingResult {
  const of = (some: CheckedCell[]) =>
    agreement(
      some.map(({ estimate }) => estimate - 1),
      some.map(({ exact }) => exact - 1),
    );
  return {
    ...{ order: "first", at: { kind: "prompt" }, alarms, rowLabels: ["0", "1"], colLabels: ["0", "1"] },
    ...{ values: Float32Array.of(1, 2, 3, 4), base: 1, cellsDone: 4, cells: 4 },
    ...{ evaluatedTokens: 1, elapsedMs: 1 },
    check: {
      cells,
      largest: of(cells.filter(({ isLargest }) => isLargest)),
      random: of(cells.filter(({ isRandom }) => isRandom)),
      all: of(cells),
    },
  };
}
const cell = (index: number, exact: number, kind: "drawn" | "largest"): CheckedCell => ({
  ...{ index, estimate: index + 1, exact, isRandom: kind === "drawn", isLargest: kind === "largest" },
});
const outcomeOf = (
  requests: AttributionPatchingRequest[],
  results: AttributionPatchingResult[],
  complete = true,
): Outcome => ({ requests, results, metric: "log p(3)", tokens: ["a", "b"], complete });

describe("the check", () => {
  const heads = result([cell(1, 2, "drawn"), cell(2, 5, "drawn"), cell(3, 4, "largest")]);
  const parts = result([cell(0, 1, "drawn"), cell(3, 7, "largest")]);
  const both = outcomeOf([REQUEST, SUBLAYER], [heads, parts]);

  it("is each part's own", () => {
    expect(checkSentences(both, false)).toEqual([
      // Changes 1, 2 against 1, 4: √(4 / 17).
      "Heads, cells drawn by seed 9: n = 2, too few for a correlation, relative error 49 % (mean |error| 1.000 nats).",
      "Heads, cells with the largest estimates: n = 1, too few for a correlation, relative error 0.0 % (mean |error| 0.000 nats).",
      "Attention and MLP, cells drawn by seed 9: n = 1, too few for a correlation, relative error undefined, since no exact change differs from 0 (mean |error| 0.000 nats).",
      "Attention and MLP, cells with the largest estimates: n = 1, too few for a correlation, relative error 50 % (mean |error| 3.000 nats).",
      expect.stringMatching(/^Only the drawn cells speak for the whole grid/),
    ]);
    expect(runCells(both).map(({ where, estimated, found }) => [where, estimated, found])).toEqual([
      ["layer 0, head 1", 1, 1],
      ["layer 1, head 0", 2, 4],
      ["layer 1, head 1", 3, 3],
      ["layer 0, attention", 0, 0],
      ["layer 1, MLP", 3, 6],
    ]);
  });

  it("is found at the cells of the whole figure", () => {
    expect([exactAt(both, 1, 0), exactAt(both, 1, 3), exactAt(both, 0, 3)]).toEqual([5, 7, undefined]);
    expect(describeCell(both, gridOf(both)!, "change", 1, 0)).toBe(
      "layer 1, head 0: to first order log p(3) 3.000 · change +2.000 · exact change +4.000",
    );
  });

  it("counts only cells that were run", () => {
    const half = outcomeOf([REQUEST], [result([cell(1, 2, "drawn"), cell(3, NaN, "largest")])], false);
    expect(checkSentences(half, true)[0]).toBe("1 of 2 cells to check are run so far.");
    expect(checkSentences(half, false)[0]).toBe("1 of 2 cells to check are run; then it was stopped.");
    expect(checkSentences(half, false).join()).not.toMatch(/largest estimates/);
    expect(checkProgress(half)).toEqual({ done: 1, total: 2 });
    expect(runCells(half)).toHaveLength(1);
    const none = outcomeOf([REQUEST], [result([cell(1, NaN, "drawn")])], false);
    expect(checkSentences(none, true)).toEqual(["First order is not checked yet."]);
    expect(checkSentences(none, false)).toEqual(["First order was not checked: the run was stopped before."]);
  });

  it("tells correlations that do not exist", () => {
    const flat = [0, 1, 2].map((index) => cell(index, 1, "drawn"));
    expect(checkSentences(outcomeOf([REQUEST], [result(flat)]), false)[0]).toBe(
      "Cells drawn by seed 9: n = 3, Pearson r and Spearman ρ undefined, since one side does not vary, relative error undefined, since no exact change differs from 0 (mean |error| 1.000 nats).",
    );
  });

  it("says nothing of the grid without drawn cells, and that there was none where it is off", () => {
    const largest = outcomeOf([REQUEST], [result([cell(3, 4, "largest")])]);
    expect(checkSentences(largest, false)[0]).toMatch(/^No drawn cell was run/);
    expect(checkSentences(largest, false).join()).not.toMatch(/speak for/);
    const unchecked = <T extends { readonly check?: unknown }>(one: T) => {
      const { check, ...rest } = one;
      expect(check).toBeDefined();
      return rest;
    };
    const none = unchecked(result([]));
    const off = outcomeOf([unchecked(REQUEST), unchecked(SUBLAYER)], [none, none]);
    expect(checkSentences(off, false)).toEqual([expect.stringMatching(/^First order was not checked/)]);
    expect(checkProgress(off)).toEqual({ done: 0, total: 0 });
  });
});

it("names the sites of gradients that say nothing", () => {
  const alarm = (kind: AttributionAlarm["kind"], site: string) =>
    ({ kind, site, at: "prompt" }) as AttributionAlarm;
  expect(alarmText(outcomeOf([REQUEST], [result([])]))).toBeUndefined();
  const [zero, infinite] = [alarm("allZero", "blocks.0.attn.z"), alarm("notFinite", "blocks.1.attn.z")];
  const text = alarmText(outcomeOf([REQUEST, SUBLAYER], [result([], [zero, infinite]), result([], [zero])]));
  expect(text).toMatch(/^The gradient taken in this prompt is zero everywhere at blocks\.0\.attn\.z\. /);
  expect(text).toMatch(/is not finite at blocks\.1\.attn\.z\. First order says nothing there/);
});

it("says where a gradient was taken", () => {
  const patch = { kind: "patch", from: { text: "", tokens: [1, 4] } } as const;
  expect(gradientPlace({ ...REQUEST, change: patch, at: { kind: "donor" } })).toBe("in the other prompt");
  expect(gradientPlace({ ...REQUEST, change: patch, at: { kind: "path", steps: 4 } })).toBe(
    "along the path to the other prompt, mean of 4 steps",
  );
});
