/** A lens of two sites, by hand. */
import { expect, it } from "vitest";
import type { LensResult, Prediction } from "../../../protocol/analysis";
import { answerCurve, answerTable, cellWords, firstSaid, stepLensTable, topGrid, topText } from "./lensView";
import { followed } from "./readInside";

const cell = (id: number, p: number, targets: { logProb: number; rank: number }[]): Prediction => ({
  top: { ids: Uint32Array.of(id), logProbs: Float32Array.of(Math.log(p)) },
  entropy: 0,
  targets,
});
const target = (logProb: number, rank = 0) => ({ logProb, rank });
const lens = (cells: Prediction[][]): LensResult => ({
  sites: ["blocks.0.resid_pre", "blocks.0.resid_post"],
  positions: [4, 5],
  cells,
});
const textOf = (id: number) => ` t${id}`;
const LENS = lens([
  [cell(1, 0.5, [target(-2, 3)]), cell(2, 0.25, [target(-1)])],
  [cell(3, 1, [target(-0.5)]), cell(4, 0.5, [target(-0.25)])],
]);

it("draws the last site on top", () => {
  expect([...topGrid(LENS)].map((p) => p.toFixed(4))).toEqual(["1.0000", "0.5000", "0.5000", "0.2500"]);
  expect(topText(LENS, 0, 1, textOf)).toBe("t4");
  expect(topText(LENS, 1, 0, textOf)).toBe("t1");
  expect(cellWords(LENS, 1, 0, "+", textOf)).toBe(
    "0 pre · after “+” → t1 0.500 · log p(answer) −2.000, rank 3",
  );
});

it("adds the answer's tokens up", () => {
  expect([...answerCurve(LENS)]).toEqual([-3, -0.75]);
  expect(firstSaid(LENS, textOf)).toEqual(["t1", "t3"]);
  const without = lens([[cell(1, 1, [target(-4)])], [cell(9, 1, [target(-2)])]]);
  expect(answerTable({ with: LENS, without }, textOf).rows).toEqual([
    ["blocks.0.resid_pre", -3, -4, -1, "t1", "t1"],
    ["blocks.0.resid_post", -0.75, -2, -1.25, "t3", "t9"],
  ]);
});

it("follows at each position the token that comes next", () => {
  // The answer 7 8 7 has two different tokens; position 2 predicts 7 again.
  const both = [target(-1), target(-2)];
  const found = followed(lens([[cell(1, 1, both), cell(1, 1, both), cell(1, 1, both)]]), [7, 8, 7], [7, 8]);
  expect(found.cells[0]?.map(({ targets }) => targets[0]?.logProb)).toEqual([-1, -2, -1]);
});

it("lists every cell", () => {
  const { rows } = stepLensTable(LENS, ["+", "3"], textOf);
  expect(rows[2]).toEqual(["blocks.0.resid_post", 4, "+", " t3", 1, -0.5, 0]);
  expect(rows[0]?.slice(5)).toEqual([-2, 3]);
  expect(rows).toHaveLength(4);
});
