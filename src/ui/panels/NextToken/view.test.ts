/** The panel's rows and lines, from answers made here. */
import { expect, it } from "vitest";
import type { CompareResult, Prediction } from "../../../protocol/analysis";
import { firstDifference } from "../../../client/tokens/firstDifference";
import {
  differenceLines,
  distributionRows,
  distributionTable,
  linesTable,
  logProbLines,
  probabilityEnd,
  rankLines,
  textLines,
} from "./view";

const prediction = (ids: number[], logProbs: number[], targets: [number, number][] = []): Prediction => ({
  top: { ids: Uint32Array.from(ids), logProbs: Float32Array.from(logProbs) },
  entropy: 1,
  targets: targets.map(([logProb, rank]) => ({ logProb, rank })),
});
const base = prediction([5, 6], [-0.25, -2]);
const other = prediction([7, 5], [-0.5, -1]);

it("lists the tokens of both runs, most probable now first, unknown ones last", () => {
  expect(distributionRows(base, other)).toEqual([
    { id: 7, now: -0.5, rankNow: 0, baseline: NaN, rankBaseline: NaN },
    { id: 5, now: -1, rankNow: 1, baseline: -0.25, rankBaseline: 0 },
    { id: 6, now: NaN, rankNow: NaN, baseline: -2, rankBaseline: 1 },
  ]);
});

it("takes both numbers from the detail where it is there", () => {
  const detail = {
    ids: [7, 5, 6],
    base: prediction(
      [],
      [],
      [
        [-9, 40],
        [-0.25, 0],
        [-2, 1],
      ],
    ),
    other: prediction(
      [],
      [],
      [
        [-0.5, 0],
        [-1, 1],
        [-8, 30],
      ],
    ),
  };
  expect(distributionRows(base, other, detail)[2]).toEqual({
    ...{ id: 6, now: -8, rankNow: 30, baseline: -2, rankBaseline: 1 },
  });
  expect(distributionRows(base, other, detail)[0]).toMatchObject({ baseline: -9, rankBaseline: 40 });
});

it("leaves padding out", () => {
  expect(distributionRows(base, prediction([5, 0xffffffff], [-1, -Infinity])).map(({ id }) => id)).toEqual([
    5, 6,
  ]);
});

it("ends the axis on a round number that holds every probability", () => {
  expect(probabilityEnd(distributionRows(base, other))).toBe(0.8);
  expect(probabilityEnd(distributionRows(prediction([1], [-0.0001]), prediction([1], [-3])))).toBe(1);
  expect(probabilityEnd([])).toBe(1);
});

const result: CompareResult = {
  pairs: [
    [0, 0],
    [1, 1],
  ],
  kl: Float32Array.of(0, 0.5),
  base: [
    prediction(
      [],
      [],
      [
        [-1, 0],
        [-3, 9],
      ],
    ),
    prediction(
      [],
      [],
      [
        [-2, 1],
        [-2.5, 2],
      ],
    ),
  ],
  other: [
    prediction(
      [],
      [],
      [
        [-1, 0],
        [-3, 9],
      ],
    ),
    prediction(
      [],
      [],
      [
        [-4, 99],
        [-0.5, 0],
      ],
    ),
  ],
  baseNext: Float32Array.of(-1, NaN),
  otherNext: Float32Array.of(-2, NaN),
};

it("follows tokens over the positions, now beside baseline", () => {
  expect([...textLines(result).now]).toEqual([-2, NaN]);
  expect([...logProbLines(result, 0).now]).toEqual([-1, -4]);
  expect([...rankLines(result, 0).now]).toEqual([0, 2]);
  expect([...differenceLines(result, 0, 1).now]).toEqual([2, -3.5]);
  expect([...differenceLines(result, 0, 1).baseline]).toEqual([2, 0.5]);
  expect([...logProbLines(result, 5).now]).toEqual([NaN, NaN]);
});

const ids = (...list: number[]) => list.map((id) => ({ id }));
it.each([
  [ids(1, 2, 3), ids(1, 2, 3), undefined],
  [ids(1, 2, 3), ids(1, 4, 3), 1],
  [ids(1, 2), ids(1, 2, 3), 2],
  [ids(1, 2, 3), ids(1), 1],
  [[], [], undefined],
])("finds where texts part (%#)", (a, b, at) => {
  expect(firstDifference(a, b)).toBe(at);
});

it("says the same in tables", () => {
  const rows = distributionRows(base, prediction([5], [-1]));
  const { columns, rows: cells } = distributionTable(rows, (id) => `t${id}`, true);
  expect(columns.map(({ name }) => name)).toEqual([
    ..."token,id,probability,log p, nats,rank".split(/,(?! )/),
    ..."baseline probability,baseline log p, nats,baseline rank,change of log p, nats".split(/,(?! )/),
  ]);
  expect(cells[0]).toEqual(["t5", 5, Math.exp(-1), -1, 0, Math.exp(-0.25), -0.25, 0, -0.75]);
  expect(distributionTable(rows, String, false).columns).toHaveLength(5);
  expect(linesTable(["a", "b"], [{ name: "KL, nats", values: result.kl }]).rows).toEqual([
    [0, "a", 0],
    [1, "b", 0.5],
  ]);
});
