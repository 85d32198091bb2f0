/** What the panel says and draws of directions and effects. */
import { expect, it } from "vitest";
import type { SteeringEffectResult } from "../../../protocol/steering";
import { readStrengths } from "./settings";
import {
  chanceWords,
  describeEffect,
  effectTable,
  effectWords,
  strengthLabel,
  strongestLayer,
  toldWords,
} from "./view";

const RESULT: SteeringEffectResult = {
  ...{ layers: [1, 3], strengths: [-1, 0, 1], base: -15, baseError: 0.2 },
  values: Float32Array.of(-16, -15, 7, -15, -15, -12),
  errors: Float32Array.of(0.1, 0.2, 0.8, 0.1, 0.2, 0.3),
  control: Float32Array.of(-15, -15, -13, -15, -15, -14),
  controlLowest: Float32Array.of(-16, -15, -14, -16, -15, -15),
  controlHighest: Float32Array.of(-14, -15, -12, -14, -15, -13),
  ...{ promptsDone: 8, prompts: 8, evaluatedTokens: 1, elapsedMs: 1 },
};

it("says a share of pairs with its interval, and what chance gives", () => {
  expect(toldWords({ accuracy: 15.5 / 16, interval: [0.8, 1], auc: 1, n: 16 })).toBe(
    "15.5 of 16 (80 % to 100 %)",
  );
  expect(toldWords({ accuracy: NaN, interval: [NaN, NaN], auc: NaN, n: 0 })).toBe("none held out");
  expect(chanceWords({ accuracy: 0.5, auc: 0.5, highestAccuracy: 1, draws: 20 })).toBe("50 %, at most 100 %");
  expect(chanceWords({ accuracy: NaN, auc: NaN, highestAccuracy: NaN, draws: 0 })).toBe("–");
});

it("says a cell with its error, the clean run and random directions", () => {
  expect(describeEffect(RESULT, 0, 2)).toBe(
    "layer 1, strength +1: 7.00 ± 0.80 · nothing added −15.00 · random directions −13.00 (−14.00 to −12.00)",
  );
  const alone = { ...RESULT, errors: RESULT.errors.map(() => NaN), control: RESULT.control.map(() => NaN) };
  expect(describeEffect(alone, 1, 2)).toBe("layer 3, strength +1: −12.00 · nothing added −15.00");
  expect(effectWords(RESULT, 1, 1, "logit")).toContain("−15.00 ± 0.20 (8 prompts, mean");
  expect(effectWords(RESULT, 1, 0.25, "logit")).not.toContain("With the direction");
});

it("takes the layer that moves the metric most at the strength nearest to 1", () => {
  expect(strongestLayer(RESULT)).toBe(1);
  expect(strongestLayer({ ...RESULT, values: new Float32Array(6).fill(-15) })).toBeUndefined();
});

it("has a row of the table for every cell", () => {
  const { columns, rows } = effectTable(RESULT, "logit");
  expect(rows).toHaveLength(6);
  expect(columns).toHaveLength(rows[0]!.length);
  expect(rows[2]!.slice(0, 3)).toEqual([1, 1, 7]);
});

it("reads strengths as they are typed", () => {
  expect(readStrengths("2 −1, 0.5;1 1")).toEqual([-1, 0.5, 1, 2]);
  for (const bad of ["", "a", "1 2000", "NaN"]) expect(readStrengths(bad)).toBeUndefined();
  expect([-2, -0.5, 0, 0.25, 1, 10].map(strengthLabel)).toEqual(["−2", "−0.5", "0", "+0.25", "+1", "+10"]);
});
