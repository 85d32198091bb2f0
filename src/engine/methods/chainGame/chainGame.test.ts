/** Games of chains: closed properties in every mode, models whose game is known, budgets, partial results. */
import { beforeAll, describe, expect, it } from "vitest";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import {
  ABLATION_MODES,
  type ChainGameRequest,
  type ChainGameResult,
  type ChainTokens,
} from "../../../protocol/chain";
import { createCpuDevice } from "../../device/cpu";
import { stepAblation, CHAIN, FILLER } from "../../interp/coalitions/coalitionTrie.samples";
import { trieTokens } from "../../interp/coalitions/trieTokens";
import type { Model } from "../../models/model";
import { PLANTED, plantedModel } from "../../models/plantedModel.samples";
import { randomGpt2 } from "../../models/randomModel";
import { chainGame } from "./chainGame";
import { evaluateCoalitions } from "../coalitions/coalitions";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

const BASE: ChainGameRequest = {
  ...{ chain: CHAIN, mode: "delete", fillerId: FILLER, value: "logProb" },
  ...{ estimator: "exact", budget: 400, seed: 3, matrix: false },
};
const game = (changes: Partial<ChainGameRequest>, on = model) =>
  chainGame(on, { ...BASE, ...changes }, NEVER_CANCELLED);
const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const largest = (values: Iterable<number>) => Math.max(...[...values].map(Math.abs));

/** [player][token] of a matrix. */
function rowsOf({ matrix }: ChainGameResult): number[][] {
  const { phi, tokens } = matrix!;
  return Array.from({ length: phi.length / tokens }, (_, i) => [
    ...phi.subarray(i * tokens, (i + 1) * tokens),
  ]);
}

/** The first token that each step can matter to: the first one behind it. */
function firstAfter(chain: ChainTokens): number[] {
  let end = 0;
  return chain.steps.map(({ length }) => (end += length));
}

describe.each(ABLATION_MODES)("exact games, mode %s", (mode) => {
  const ablation = stepAblation(mode);

  it("are efficient, and account for every token computed", async () => {
    const result = await game({ ...ablation, matrix: true });
    expect(Math.abs(result.residual)).toBeLessThan(1e-9);
    expect(Math.abs(sum(result.phi.values) - (result.vAll - result.vNone))).toBeLessThan(1e-9);
    expect(result.phi.low).toEqual(result.phi.values);
    expect(result).toMatchObject({ mode, coalitions: 64, coalitionsDone: 64 });
    expect(result.evaluatedTokens).toBe(trieTokens({ chain: CHAIN, ...ablation }));
    expect(result.leaveOneOut).toHaveLength(6);
    expect(result.banzhaf).toHaveLength(6);
    expect(result.interactions).toHaveLength(36);
  });

  it("give tokens to earlier steps only, and rows that sum", async () => {
    const result = await game({ ...ablation, matrix: true });
    expect(largest(result.matrix!.residual)).toBeLessThan(1e-6);
    rowsOf(result).forEach((row, player) => {
      const first = firstAfter(CHAIN)[player]!;
      expect(row.slice(0, first).every((value) => value === 0)).toBe(true);
      if (mode !== "symbol") expect(largest(row.slice(first))).toBeGreaterThan(1e-3);
    });
  });

  it("split the answer over its tokens", async () => {
    const result = await game({ ...ablation, matrix: true });
    const answer = rowsOf(result).map((row) => sum(row.slice(-CHAIN.answer.length)));
    answer.forEach((value, i) => expect(Math.abs(value - result.phi.values[i]!)).toBeLessThan(1e-5));
  });

  it("are what their coalitions are worth one by one", async () => {
    const result = await game(ablation);
    const without = (out: number) => CHAIN.steps.map((_, i) => i !== out);
    const { results } = await evaluateCoalitions(
      model,
      { chain: CHAIN, ...ablation, coalitions: [without(-1), without(2)], topK: 0 },
      NEVER_CANCELLED,
    );
    expect(result.vAll).toBeCloseTo(results[0]!.logProb, 5);
    expect(result.leaveOneOut[2]).toBeCloseTo(results[0]!.logProb - results[1]!.logProb, 5);
  });

  it("are nothing but the planted dependence", async () => {
    const chain: ChainTokens = {
      prompt: [PLANTED.start, 7],
      steps: [[6, 8], [9, 10, 11], [8, 3], [7], [11, 6]],
      answerPrefix: [9, PLANTED.cue],
      answer: [3],
    };
    const planted = {
      ...{ chain, mode, fillerId: 8, matrix: true },
      numbers: [...chain.steps, chain.answerPrefix].map((tokens) =>
        tokens.map((token) => (token < PLANTED.cue ? token : -1)),
      ),
      alternatives: [0, 1].map((sample) => chain.steps.map((step) => step.map((_, j) => 6 + sample + j))),
    };
    const result = await game(planted, await plantedModel(await createCpuDevice(), "for the digit"));
    const gain = result.vAll - result.vNone;
    expect(gain).toBeGreaterThan(2);
    result.phi.values.forEach((value, i) => expect(value).toBeCloseTo(i === 2 ? gain : 0, 4));
    result.leaveOneOut.forEach((value, i) => expect(value).toBeCloseTo(i === 2 ? gain : 0, 4));
    // No other token looks for the digit; but what stands right before a token may be taken away.
    rowsOf(result)[2]!
      .slice(-2)
      .forEach((value, i) => expect(value).toBeCloseTo(i === 1 ? gain : 0, 4));

    const ignoring = await plantedModel(await createCpuDevice(), "nowhere");
    const { phi, leaveOneOut, interactions } = await game(planted, ignoring);
    expect(largest([...phi.values, ...leaveOneOut])).toBe(0);
    expect([...interactions!].every((value) => Number.isNaN(value) || value === 0)).toBe(true);
  });
});

describe("players", () => {
  it("that change nothing get exactly 0", async () => {
    const chain = { ...CHAIN, steps: [[1, 4], [FILLER, FILLER], [6]] };
    const { phi, leaveOneOut, leaveOneIn } = await game({ chain, mode: "replace" });
    expect([phi.values[1], leaveOneOut[1], leaveOneIn[1]]).toEqual([0, 0, 0]);
    expect(phi.values[0]).not.toBe(0);
  });

  it("that are alike get the same", async () => {
    // Taking away either of two equal neighbours leaves the same text.
    const { phi } = await game({ chain: { ...CHAIN, steps: [[5], [5], [8]] } });
    expect(Math.abs(phi.values[0]! - phi.values[1]!)).toBeLessThan(1e-6);
  });

  it("may be some of the steps; the others stay", async () => {
    const result = await game({ players: [1, 4], matrix: true });
    const has = (...out: number[]) => CHAIN.steps.map((_, i) => !out.includes(i));
    const { results } = await evaluateCoalitions(
      model,
      {
        ...{ chain: CHAIN, ...stepAblation("delete"), topK: 0 },
        coalitions: [has(), has(1), has(4), has(1, 4)],
      },
      NEVER_CANCELLED,
    );
    const [all, no1, no4, none] = results.map(({ logProb }) => logProb);
    expect(result.phi.values[0]).toBeCloseTo((all! - no1! + (no4! - none!)) / 2, 4);
    expect(result.phi.values[1]).toBeCloseTo((all! - no4! + (no1! - none!)) / 2, 4);
    expect(result.evaluatedTokens).toBe(trieTokens({ chain: CHAIN, ...stepAblation("delete") }, [1, 4]));
    expect(
      rowsOf(result)[1]!
        .slice(0, firstAfter(CHAIN)[4])
        .every((value) => value === 0),
    ).toBe(true);
    expect(largest(result.matrix!.residual)).toBeLessThan(1e-6);
  });

  it.each([
    [{ players: [] }, /at least one player/],
    [{ players: [9] }, /step 9 was named/],
    [{ players: [2, 1] }, /in the order of the text/],
    [{ chain: { ...CHAIN, steps: Array.from({ length: 13 }, () => [1]) } }, /this game has 13/],
    [{ estimator: "permutations" as const, budget: 5 }, /6 players need at least 14/],
    [{ value: "expected" as const }, /possible answers/],
  ])("are refused where there is no game: %j", async (changes, message) => {
    await expect(game(changes)).rejects.toThrow(message);
  });
});

describe("values other than log p", () => {
  it.each(["probability", "margin", "argmax", "expected"] as const)("%s is efficient", async (value) => {
    const answers = [
      { tokens: [4], number: 4 },
      { tokens: [12, 2], number: 7 },
    ];
    const result = await game({ value, answers });
    expect(result.value).toBe(value);
    expect(Math.abs(result.residual)).toBeLessThan(1e-9);
    if (value === "expected") {
      expect(result.vAll).toBeGreaterThan(4);
      expect(result.vAll).toBeLessThan(7);
    }
  });
});

describe.each(["pairedRegression", "permutations"] as const)("estimated games, %s", (estimator) => {
  it("come close to the exact one, token by token", async () => {
    const exact = await game({ matrix: true });
    const close = await game({ estimator, matrix: true, budget: 1000 });
    expect(Math.abs(close.residual)).toBeLessThan(1e-6);
    close.phi.values.forEach((value, i) => {
      const halfWidth = (close.phi.high[i]! - close.phi.low[i]!) / 2;
      expect(halfWidth).toBeLessThan(0.3);
      expect(Math.abs(value - exact.phi.values[i]!)).toBeLessThan(2 * halfWidth + 0.01);
    });
    expect(close.leaveOneOut[1]).toBeCloseTo(exact.leaveOneOut[1]!, 5);
    expect(close.leaveOneIn[1]).toBeCloseTo(exact.leaveOneIn[1]!, 5);
    expect(close.vNone).toBeCloseTo(exact.vNone, 5);
    expect(largest(close.matrix!.residual)).toBeLessThan(1e-5);
    const rows = rowsOf(close);
    rows.forEach((row, player) => expect(largest(row.slice(0, firstAfter(CHAIN)[player]))).toBe(0));
    const error = rows.map((row, i) => row.map((value, j) => value - rowsOf(exact)[i]![j]!));
    expect(Math.sqrt(sum(error.flat().map((e) => e * e)) / error.flat().length)).toBeLessThan(0.1);
  });

  it("keep to the budget, and say how many coalitions there were", async () => {
    const partial: ChainGameResult[] = [];
    const chain = { ...CHAIN, steps: Array.from({ length: 16 }, (_, i) => [(i * 5 + 1) % 11, i % 7]) };
    const request = { ...BASE, chain, estimator, budget: 150 };
    const result = await chainGame(model, request, NEVER_CANCELLED, (one) => partial.push(one));
    expect(result.coalitionsDone).toBeLessThanOrEqual(150);
    expect(result.coalitionsDone).toBeGreaterThan(100);
    expect(result.coalitions).toBe(result.coalitionsDone);
    expect(result.segments).toMatchObject({ prompt: 1, answer: result.coalitionsDone });
    expect(partial.length).toBeGreaterThan(0);
    expect(partial[0]!.coalitions).toBe(150);
    expect(partial[0]!.vAll).toBe(result.vAll);
  });

  it("are the same for the same seed", async () => {
    const once = await game({ estimator, budget: 40 });
    expect((await game({ estimator, budget: 40 })).phi).toEqual(once.phi);
    expect((await game({ estimator, budget: 40, seed: 4 })).phi.values).not.toEqual(once.phi.values);
  });

  it("end where nothing is left to learn", async () => {
    const result = await game({ estimator, players: [2], budget: 1000 });
    expect(result.coalitionsDone).toBe(2);
    expect(result.phi.values[0]).toBeCloseTo(result.vAll - result.vNone, 6);
  });

  it("take tokens as players", async () => {
    const text = CHAIN.steps.flat();
    const chain = { ...CHAIN, steps: text.map((token) => [token]) };
    for (const mode of ["mask", "replace"] as const) {
      const result = await game({ chain, mode, estimator, matrix: true, budget: 300 });
      expect(result.matrix!.tokens).toBe(text.length + 5);
      expect(largest(result.matrix!.residual)).toBeLessThan(1e-5);
      rowsOf(result).forEach((row, player) => expect(largest(row.slice(0, player + 1))).toBe(0));
      expect(Math.abs(result.residual)).toBeLessThan(1e-5);
    }
  });
});

it("reports while it works, from the first block on, and stops when cancelled", async () => {
  const chain = { ...CHAIN, steps: Array.from({ length: 11 }, (_, i) => [i % 11, 3, 5, (i * 2) % 9]) };
  const token = new CancelToken();
  let seen = 0;
  const work = chainGame(model, { ...BASE, chain, matrix: true }, token, (partial) => {
    expect(partial.coalitionsDone).toBeLessThan(2048);
    expect(partial.phi.low.every(Number.isNaN)).toBe(true);
    if (++seen === 1) token.cancel();
  });
  await expect(work).rejects.toMatchObject({ name: "Cancelled" });
  expect(seen).toBe(1);
});
