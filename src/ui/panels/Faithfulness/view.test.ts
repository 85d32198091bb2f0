/** Numbers as words, tables and drawings, from a measurement that is written out here. */
import { describe, expect, it } from "vitest";
import type { Answered, FaithfulnessResult, Score, ScoreName } from "../../../protocol/faithfulness";
import { toCsv } from "../../charts/dataTable";
import { curvePaths, curvesSvg, extentOf, intervalMarks, LARGE, scoresSvg, SMALL } from "./drawing";
import {
  curvesOf,
  curveTable,
  followsText,
  logProbLines,
  intervalText,
  problemRows,
  scoreTable,
  shownScores,
  valueText,
  type Side,
} from "./view";

const score = (name: ScoreName, value: number, n: number, unit: Score["unit"] = "share"): Score => ({
  ...{ name, value, n, unit, low: value - 0.1, high: value + 0.1, interval: "Wilson" },
});
const answered = (text: string, same: boolean): Answered => ({ text, same, correct: same, logProb: -1 });
const CHAIN = { prompt: "p", steps: [" a 7 .", " b 3 ."], answerPrefix: " so", answer: " 3" };

function side(name: string, same: readonly number[], n: readonly number[]): Side {
  const curve = { x: [0, 0.5, 1], xTitle: "x", same, low: same, high: same, logProb: [-2, -1, 0], n };
  const result: FaithfulnessResult = {
    outcomes: [
      {
        ...{ name: "one", steps: 2, chainTokens: 6, whole: answered(" 3", true) },
        early: [answered(" 5", false), answered(" 3", true), answered(" 3", true)],
        ...{ filler: [], shuffledSteps: [], shuffledTokens: [], resampled: [] },
        mistakes: [
          {
            ...{ step: 1, original: "3", edited: "4", after: "asItWas", counted: true, follows: " 4" },
            ...{ answer: answered(" 4", false), outcome: "edit", threeWay: true, surprise: 2.5 },
          },
        ],
      },
    ],
    problems: 1,
    scores: [
      { ...score("early", 0.6, 3, "AOC"), curve },
      score("mistake", 0.5, 3),
      score("restored", NaN, 0),
    ],
    byLength: [{ steps: 2, n: 1, same: [0, 1, 1], logProb: [-2, -1, 0], aoc: 0.25 }],
    follows: {
      asItWas: { edit: 1, original: 2, neither: 0, changed: 0 },
      regenerated: { edit: 0, original: 0, neither: 0, changed: 0 },
    },
    correct: score("withoutChain", 1, 1),
    ...{ evaluatedTokens: 1, elapsedMs: 1 },
  };
  const edit = {
    step: 1,
    steps: [" a 7 .", " b 4 ."],
    original: "3",
    edited: "4",
    after: "asItWas",
    counted: true,
  } as const;
  const asked = [{ name: "one", chain: CHAIN, edits: [edit] }];
  return { name, measured: { problems: [{ name: "one", chain: CHAIN }], asked, leftOut: [], result } };
}

const SIDES = [side("a", [0, 0.5, 1], [3, 3, 3]), side("b", [1, 1, 1], [3, 2, 3])];

describe("numbers as words", () => {
  it("have their unit and interval", () => {
    expect([valueText(0.5, "share"), valueText(0.59, "AOC"), valueText(-2, "nats")]).toEqual([
      "50.0 %",
      "0.590",
      "−2.00 nats",
    ]);
    expect(intervalText(score("mistake", 0.5, 3))).toBe("[40.0, 60.0]");
    expect(intervalText(score("restored", NaN, 0))).toBe("");
  });

  it("say which way answers went, where that was asked", () => {
    expect(followsText(SIDES[0]!.measured.result, "mistake")).toBe("follows the change 1 · stays 2");
    expect(followsText(SIDES[0]!.measured.result, "early")).toBeUndefined();
  });
});

describe("tables", () => {
  it("have a row for each test and model that was measured", () => {
    expect(shownScores(SIDES)).toEqual(["early", "mistake"]);
    const { rows } = scoreTable(SIDES);
    expect(rows.map(([title, , model, value]) => [title, model, value])).toEqual([
      ["Early answering", "a", 0.6],
      ["Early answering", "b", 0.6],
      ["Mistake, rest as it was", "a", 0.5],
      ["Mistake, rest as it was", "b", 0.5],
    ]);
    expect(toCsv(scoreTable(SIDES), "how").split("\n")).toHaveLength(4 + 3);
  });

  it("give a curve point by point, and by length of chain", () => {
    const { rows } = curveTable(SIDES, "early");
    expect(rows.filter(([, steps]) => steps === "all")).toHaveLength(6);
    expect(rows.filter(([, steps]) => steps === "2").map(([, , x, same]) => [x, same])).toContainEqual([
      0.5, 1,
    ]);
  });

  it("list problems with what was found, and the chain with the change", () => {
    const [row] = problemRows(SIDES[0]!, "mistake");
    expect(row!.found).toBe("step 2: 3 → 4, answer 4: follows the change");
    expect(row!.changed!.steps).toEqual([" a 7 .", " b 4 ."]);
    expect(problemRows(SIDES[0]!, "early")[0]!.found).toBe("5, same, same");
    expect(problemRows(SIDES[0]!, "early")[0]!.changed).toBeUndefined();
  });
});

it("lays curves with different points on one axis, with gaps", () => {
  const [a, b] = curvesOf(SIDES, "early");
  const { xLabels, series } = logProbLines([
    a!,
    { ...b!, curve: { ...b!.curve, x: [0.25, 0.5], logProb: [-4, -3] } },
  ]);
  expect(xLabels).toEqual(["0.00", "0.25", "0.50", "1.00"]);
  expect(series.map(({ values }) => values)).toEqual([
    [-2, NaN, -1, 0],
    [NaN, -4, -3, NaN],
  ]);
});

describe("drawings", () => {
  it("have a band where n is even, else bars", () => {
    const [even, odd] = curvePaths(LARGE, curvesOf(SIDES, "early"));
    expect([even!.band === "", even!.bars === ""]).toEqual([false, true]);
    expect([odd!.band === "", odd!.bars === ""]).toEqual([true, false]);
    expect(even!.points[2]).toMatchObject({ x: LARGE.width - LARGE.right, y: LARGE.top });
  });

  it("place values on an axis of their unit; what was not measured is left out", () => {
    expect(extentOf([score("mistake", 0.5, 3)])).toEqual([0, 1]);
    expect(extentOf([score("surprise", 8, 3, "nats")])[1]).toBeCloseTo(8.1, 9);
    const marks = intervalMarks(SMALL, [score("mistake", 0.5, 3), score("mistake", NaN, 0)]);
    expect(marks[0]!.x).toBeCloseTo(SMALL.width / 2, 6);
    expect(marks[1]).toBeUndefined();
  });

  it("are whole figures for paper, with names that cannot break out", () => {
    const curves = curvesOf([{ ...SIDES[0]!, name: "<b>" }], "early");
    expect(curvesSvg("t", "c", curves)).toMatch(/^<svg[\s\S]*&#60;b&#62;[\s\S]*<\/svg>$/);
    expect(
      scoresSvg("t", "c", [{ name: "n", scores: [score("mistake", 0.5, 3)], texts: ["50 %"] }]),
    ).toContain("50 %");
  });
});
