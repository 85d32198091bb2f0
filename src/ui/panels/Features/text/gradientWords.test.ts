/** Latents by gradient in words and rows, by hand. */
import { expect, it } from "vitest";
import type { LatentAttributionResult } from "../../../../protocol/gradients/latentAttributions";
import {
  alarmWords,
  checkPoints,
  checkTable,
  checkWords,
  measuredOf,
  partsWords,
  pathWords,
  stepRows,
  stepTable,
} from "./gradientWords";

const agreement = (n: number) => ({ n, pearson: 0.9, spearman: 0.8, meanError: 0.1, relativeError: 0.25 });
const score = (latent: number, estimate: number) => ({
  ...{ latent, value: 1, position: 2, estimate, direct: estimate / 2 },
});
const parts = { latents: 2, error: -0.5, bias: 0.25, whole: 1.75 };
const RESULT: LatentAttributionResult = {
  ...{ value: 3, latents: [score(7, -3), score(3, 1)], active: 2, parts, alarms: [] },
  check: {
    latents: [
      { ...score(7, -3), exact: -2, isLargest: true, isRandom: false },
      { ...score(3, 1), exact: NaN, isLargest: false, isRandom: true },
    ],
    ...{ largest: agreement(1), random: agreement(0), all: agreement(1) },
  },
  ...{ done: 2, total: 3, evaluatedTokens: 9, elapsedMs: 1 },
};

it("puts scores, ablations and direct ways of a latent together", () => {
  const effects = new Map([[3, { latent: 3, value: 1, position: 2, direct: 0.6, ablation: 0.9 }]]);
  const found = measuredOf(effects, RESULT);
  expect(found.get(7)).toEqual({ gradient: -3, direct: -1.5, ablation: -2 });
  // What the check has not run yet keeps the ablation that is known.
  expect(found.get(3)).toEqual({ gradient: 1, direct: 0.5, ablation: 0.9 });
  expect(measuredOf(undefined, RESULT).get(3)!.ablation).toBeNaN();
  expect(measuredOf(effects, undefined).get(3)).toMatchObject({ ablation: 0.9 });
});

it("says what the scores add up to, and how complete a path is", () => {
  expect(partsWords(parts)).toContain(
    "+1.750 logits at these positions: latents +2.000, error term −0.500, bias +0.250",
  );
  expect(pathWords(RESULT)).toBeUndefined();
  expect(pathWords({ ...RESULT, pathDifference: 2.5 })).toContain("completeness error −0.500");
});

it("says how far it is from ablations, and where nothing was checked", () => {
  const [first, largest, ...rest] = checkWords(RESULT, 4, true);
  expect(first).toBe("1 of 2 latents to check are ablated.");
  expect(largest).toMatch(/^Latents with the largest estimates: n = 1, too few to rely on, no correlation/);
  expect(rest).toEqual([]);
  const check = { ...RESULT.check!, random: agreement(9), all: agreement(2) };
  expect(checkWords({ ...RESULT, check }, 4, false)[0]).toMatch(
    /drawn by seed 4 .*: n = 9, Pearson’s r \+0\.90, Spearman’s ρ \+0\.80, mean \|error\| 0\.100 logits, relative error 0\.25/,
  );
  const none = { largest: agreement(0), random: agreement(0), all: agreement(0) };
  const bare = { ...RESULT, check: { latents: [], ...none } };
  expect(checkWords(bare, 4, false)[0]).toMatch(/unknown/);
  expect(checkWords(bare, 4, true)[0]).toMatch(/Not checked yet/);
  expect(checkPoints(RESULT, String)).toEqual([{ x: -2, y: -3, name: "7", isFilled: false, isRinged: true }]);
  expect(checkTable(RESULT).rows[0]).toEqual([7, -3, -2, -1.5, "largest"]);
});

it("has rows by step where the positions are of several", () => {
  expect(stepRows(RESULT, 2)).toEqual([]);
  const steps = [
    { step: -1, ...parts },
    { step: 1, ...parts },
  ];
  expect(stepRows({ ...RESULT, steps: steps.slice(1) }, 2)).toEqual([]);
  const rows = stepRows({ ...RESULT, steps }, 2);
  expect(rows.map(({ name }) => name)).toEqual(["the part before the steps", "step 2"]);
  expect(stepTable(rows).rows[1]).toEqual(["step 2", 2, -0.5, 0.25, 1.75]);
});

it("says why a gradient says nothing", () => {
  expect(alarmWords(RESULT)).toBeUndefined();
  const alarm = { kind: "allZero", site: "blocks.0.resid_post", at: "prompt" } as const;
  expect(alarmWords({ alarms: [alarm] })).toContain("nothing but zeros");
  expect(alarmWords({ alarms: [{ ...alarm, kind: "notFinite" }] })).toContain("not finite");
});
