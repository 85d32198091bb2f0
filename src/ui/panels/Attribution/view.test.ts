/** What is drawn of scores by token. */
import { describe, expect, it } from "vitest";
import type { TokenAttributionResult } from "../../../protocol/gradients/attributions";
import { costOf, isCheap } from "../../../client/tokens/attributionCost";
import { requestOf, type Asking } from "./request";
import {
  agreementWords,
  alarmWords,
  barItems,
  barOrder,
  MOST_BARS,
  mostOf,
  scalarWords,
  scoresAre,
  stepColumns,
  stepScores,
  stepWords,
  sumWords,
  tokenTable,
  weakWords,
} from "./view";

const token = (id: number) => ({ id, text: ` t${id}`, special: false });

const exact = { n: 4, pearson: 0.5, spearman: -0.25, meanError: 0.1, relativeError: 1.5 };
const RESULT: TokenAttributionResult = {
  value: -0.5,
  baselineValue: -3,
  tokens: {
    saliency: [0.5, 2, 1, 0],
    gradientInput: [0.1, -0.4, 0.2, 0],
    integrated: [1, -0.5, 2.1, 0],
    replaced: [0, -1, 3, 0],
  },
  steps: {
    step: [-1, 0, 1, 2],
    saliency: [0.5, 2, 1, 0],
    gradientInput: [0.1, -0.4, 0.2, 0],
    integrated: [1, -0.5, 2.1, 0],
    replaced: [0, -1, 3, 0],
  },
  completenessError: 0.1,
  agreement: { saliency: { n: 9, spearman: 0.75 }, gradientInput: { ...exact, n: 9 }, integrated: exact },
  alarms: [],
  ...{ rowsDone: 30, rows: 30, evaluatedTokens: 120, elapsedMs: 10 },
};

const asking = (given: Partial<Asking> = {}): Asking => ({
  targets: {
    prompt: { tokens: [0, 5, 6, 7, 8] },
    ...{ position: 3, target: token(4), minus: undefined, note: undefined },
  },
  ...{ baseline: "zero", steps: 16, replace: true, filler: 9, bosId: 0 },
  stepOf: [-1, -1, 0, 1, 2],
  ...given,
});

describe("what is asked", () => {
  it("is log p of the target at the position, BOS fixed, by the midpoint rule", () => {
    expect(requestOf(asking())).toEqual({
      prompt: { tokens: [0, 5, 6, 7, 8] },
      scalar: [{ kind: "logProb", position: 3, target: 4 }],
      baseline: { kind: "zero" },
      ...{ steps: 16, rule: "midpoint", fixed: [0], stepOf: [-1, -1, 0, 1, 2], filler: 9 },
    });
    const bare = requestOf(asking({ replace: false, stepOf: undefined, bosId: undefined }));
    expect(Object.keys(bare).sort()).toEqual(["baseline", "prompt", "rule", "scalar", "steps"]);
  });

  it("is a difference of logits with another token, and the filler's embedding where it is the baseline", () => {
    const { targets } = asking();
    const { scalar, baseline } = requestOf(
      asking({ targets: { ...targets, minus: token(2) }, baseline: "filler" }),
    );
    expect(scalar).toEqual([
      { kind: "logit", position: 3, target: 4 },
      { kind: "logit", position: 3, target: 2, weight: -1 },
    ]);
    expect(baseline).toEqual({ kind: "token", token: 9 });
  });

  it("costs a row for each point, token and step that is read", () => {
    // 4, 16 points, tokens 1 to 3, and the steps -1, 0 and 1; four tokens are read.
    expect(costOf(requestOf(asking()))).toEqual({ rows: 26, tokens: 104 });
    expect(costOf(requestOf(asking({ replace: false })))).toEqual({ rows: 20, tokens: 80 });
  });

  it("runs by itself where that takes little", () => {
    const cost = { rows: 100, tokens: 10_000 };
    expect(isCheap(cost, { parameters: 500_000 }, { kind: "cpu" })).toBe(true);
    expect(isCheap(cost, { parameters: 2_000_000 }, { kind: "cpu" })).toBe(false);
    expect(isCheap(cost, { parameters: 2_000_000 }, { kind: "webgpu" })).toBe(true);
  });
});

describe("words", () => {
  it("name the scalar, the sum and how complete it is", () => {
    expect(scalarWords(" 5", undefined)).toBe("log p of “5”");
    expect(scalarWords(" 5", " 7")).toBe("logit of “5” − logit of “7”");
    expect(sumWords(RESULT, "integrated", "nats")).toBe(
      "−0.500 here, −3.000 at the baseline; the scores sum to +2.600 nats and the difference is +2.500 (completeness error +0.100).",
    );
    expect(sumWords(RESULT, "gradientInput", "logits")).toContain("the scores sum to −0.100 logits");
    expect(sumWords(RESULT, "saliency", "nats")).not.toContain("sum to");
  });

  it("say how far a method is from the runs, and of how many tokens", () => {
    expect(agreementWords(RESULT, "integrated", " _")).toBe(
      "Held against what is lost with each token replaced by “_” in a run of its own: Spearman’s ρ −0.25, Pearson’s r +0.50, relative error 1.50, n = 4 tokens, too few to rely on.",
    );
    const saliency = agreementWords(RESULT, "saliency", "_");
    expect(saliency).toMatch(/by rank alone: Spearman’s ρ \+0\.75, n = 9 tokens\.$/);
    const { agreement, ...without } = RESULT;
    expect(agreement).toBeDefined();
    expect(agreementWords(without, "integrated", "_")).toBeUndefined();
    const running = { ...RESULT, tokens: { ...RESULT.tokens, replaced: [NaN, NaN, NaN, NaN] } };
    expect(agreementWords(running, "integrated", "_")).toBeUndefined();
  });

  it("warn where a path is too coarse or log p is flat", () => {
    expect(weakWords(RESULT, "integrated", "nats")).toBeUndefined();
    const coarse = { ...RESULT, completenessError: -1.5 };
    expect(weakWords(coarse, "integrated", "nats")).toContain("off the difference by 60 %. Take more steps");
    const sure = { ...RESULT, value: -1e-6 };
    expect(weakWords(sure, "saliency", "nats")).toContain("almost sure");
    expect(weakWords(sure, "saliency", "logits")).toBeUndefined();
    expect(weakWords(RESULT, "gradientInput", "nats")).toBeUndefined();
  });

  it("call a gradient of zeros a problem, of the methods that rest on it", () => {
    const alarm = { kind: "allZero", site: "embed" } as const;
    const path = { alarms: [{ ...alarm, at: "path" as const }] };
    const prompt = { alarms: [{ ...alarm, at: "prompt" as const }] };
    expect(alarmWords(path, "integrated")).toMatch(/nothing but zeros/);
    expect(alarmWords(path, "saliency")).toBeUndefined();
    expect(alarmWords(prompt, "gradientInput")).toMatch(/nothing but zeros/);
    expect(alarmWords(prompt, "integrated")).toBeUndefined();
    expect(alarmWords({ alarms: [{ ...alarm, kind: "notFinite", at: "prompt" }] }, "saliency")).toMatch(
      /not finite/,
    );
  });
});

describe("bars and colours", () => {
  it("are drawn largest first, or as in the text", () => {
    expect(barOrder({ scores: [1, -3, 2] }, "size")).toEqual([1, 2, 0]);
    expect(barOrder({ scores: [1, -3, 2] }, "text")).toEqual([0, 1, 2]);
    const replaced = [NaN, 0, -1];
    expect(barOrder({ scores: [1, -3, 2], replaced }, "replaced")).toEqual([2, 0, 1]);
    const many = Array.from({ length: MOST_BARS + 5 }, (_, i) => i);
    expect(barOrder({ scores: many }, "text")[0]).toBe(5);
    expect(barOrder({ scores: many }, "size")).toHaveLength(MOST_BARS);
    expect(barItems([2], [1, -3, 2], ["a", "b", "c"])).toEqual([{ id: "2", label: "2 c", value: 2 }]);
  });

  it("have a floor: what does not matter has little colour", () => {
    expect(mostOf([0.001, -0.002], "nats")).toBe(0.1);
    expect(mostOf([0.001, -2, NaN], "nats")).toBe(2);
  });

  it("are shown once a method's scores are all there", () => {
    expect(scoresAre(RESULT.tokens, "integrated")).toBe(true);
    expect(scoresAre({ ...RESULT.tokens, integrated: [1, NaN, 1, 1] }, "integrated")).toBe(false);
    expect(scoresAre({ ...RESULT.tokens, integrated: [] }, "integrated")).toBe(false);
  });

  it("have a table with every score of every token", () => {
    const { columns, rows } = tokenTable(RESULT.tokens, ["a", "b"], "logits");
    expect(columns.map(({ name }) => name)).toEqual([
      "position",
      "token",
      "integrated gradients, logits",
      "gradient × input, logits",
      "saliency, logits/len",
      "lost when replaced, logits",
    ]);
    expect(rows).toEqual([
      [0, "a", 1, 0.1, 0.5, 0],
      [1, "b", -0.5, -0.4, 2, -1],
    ]);
  });
});

describe("steps", () => {
  const scores = stepScores(RESULT, 2)!;
  const game = { value: "logProb", estimator: "exact", mode: "delete" } as const;

  it("have the sums of their tokens; prompt and cue stand apart", () => {
    expect(scores.sums("integrated")).toEqual([-0.5, 2.1]);
    expect(scores.outside("integrated")).toEqual({ before: 1, behind: 0 });
    expect(scores.replaced).toEqual([-1, 3]);
  });

  it("stand beside Shapley values of the same unit only", () => {
    const names = (...args: Parameters<typeof stepColumns>) => stepColumns(...args).map(({ name }) => name);
    const shapley = { phi: [0.5, 2], game };
    expect(names(scores, "integrated", "nats", shapley)).toEqual([
      "integrated gradients",
      "step replaced",
      "Shapley value",
    ]);
    expect(names(scores, "integrated", "logits", shapley)).not.toContain("Shapley value");
    expect(names(scores, "saliency", "nats", shapley)).toEqual(["saliency"]);
    const other = { ...shapley, game: { ...game, value: "expected" as const } };
    expect(names(scores, "integrated", "nats", other)).not.toContain("Shapley value");
  });

  it("are ranked against them, with n", () => {
    expect(stepWords(scores, "integrated", { phi: [3, 2], game })).toBe(
      "Sums by step against exact Shapley values: Spearman’s ρ −1.00, n = 2 steps, too few to rely on.",
    );
    expect(stepWords(scores, "saliency", { phi: [-3, 2], game })).toContain("sizes of the exact");
    expect(stepWords(scores, "saliency", { phi: [-3, 2], game })).toContain("ρ +1.00");
    expect(stepWords(scores, "integrated", { phi: [NaN, 2], game })).toMatch(/cannot be ranked.*n = 1/);
  });
});
