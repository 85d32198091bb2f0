/** Exact Shapley values: closed forms, and the trie against full recomputation, in every ablation mode. */
import { beforeAll, describe, expect, it } from "vitest";
import { leaveOneOut, presentPlayers, shapleyFromValues } from "../../../shapley/exact";
import { NEVER_CANCELLED, CancelToken } from "../../../protocol/cancel";
import {
  type Ablation,
  type AblationMode,
  type ChainGameRequest,
  type ChainTokens,
} from "../../../protocol/chain";
import { createCpuDevice } from "../../device/cpu";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { trieTokens } from "../../interp/coalitions/trieTokens";
import { evaluateCoalitions } from "../coalitions/coalitions";
import { chainGame } from "./chainGame";

const FILLER = 11;
const CHAIN: ChainTokens = {
  prompt: [0, 3, 7],
  steps: [[1, 4], [2, 2, 5], [6], [8, 1]],
  answerPrefix: [9, 10],
  answer: [4, 12],
};

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

/** The exact game of all steps, of log p. */
const exact = (ablation: Ablation & { readonly chain: ChainTokens }): ChainGameRequest => ({
  ...{ ...ablation, value: "logProb", estimator: "exact", budget: 0, seed: 0, matrix: false },
});

/** v(S) by one full forward pass of the whole text, nothing shared. */
async function naiveValue(chain: ChainTokens, present: boolean[], mode: AblationMode): Promise<number> {
  const tokens = [...chain.prompt];
  const hiddenPositions: number[] = [];
  chain.steps.forEach((step, i) => {
    if (!present[i] && mode === "delete") return;
    if (!present[i] && mode === "mask") hiddenPositions.push(...step.map((_, j) => tokens.length + j));
    tokens.push(...(!present[i] && mode === "replace" ? step.map(() => FILLER) : step));
  });
  tokens.push(...chain.answerPrefix);
  const score = chain.answer.map((target, i) => ({ row: 0, position: tokens.length - 1 + i, target }));
  tokens.push(...chain.answer.slice(0, -1));
  const { scores } = await run(model, { rows: [{ tokens, hiddenPositions }], score });
  return scores.reduce((sum, value) => sum + value, 0);
}

describe("Shapley values from coalition values", () => {
  const game = (n: number, v: (present: boolean[]) => number) =>
    Float64Array.from({ length: 2 ** n }, (_, s) => v(presentPlayers(s, n)));

  it("gives each member of a unanimity game 1/|T|, and others nothing", () => {
    const phi = shapleyFromValues(
      game(5, (present) => (present[1] && present[3] ? 1 : 0)),
      5,
    );
    [0, 0.5, 0, 0.5, 0].forEach((value, i) => expect(phi[i]).toBeCloseTo(value, 12));
  });

  it("splits an OR game while leave-one-out sees nothing", () => {
    const values = game(2, (present) => (present[0] || present[1] ? 1 : 0));
    expect(shapleyFromValues(values, 2)).toEqual([0.5, 0.5]);
    expect(leaveOneOut(values, 2)).toEqual([0, 0]);
  });

  it("returns an additive game's own weights", () => {
    const weights = [0.3, -1.2, 4, 0];
    const phi = shapleyFromValues(
      game(4, (present) => weights.reduce((sum, w, i) => sum + (present[i] ? w : 0), 0)),
      4,
    );
    weights.forEach((value, i) => expect(phi[i]).toBeCloseTo(value, 12));
  });

  it("equals the mean over all orderings", () => {
    const n = 4;
    const values = Float64Array.from({ length: 16 }, (_, s) => Math.sin(s * 12.9898) * 3);
    const mean = new Float64Array(n);
    const orders = (rest: number[]): number[][] =>
      rest.length === 0
        ? [[]]
        : rest.flatMap((i) => orders(rest.filter((j) => j !== i)).map((tail) => [i, ...tail]));
    const all = orders([0, 1, 2, 3]);
    for (const order of all) {
      let set = 0;
      for (const i of order) {
        mean[i]! += (values[set | (1 << i)]! - values[set]!) / all.length;
        set |= 1 << i;
      }
    }
    shapleyFromValues(values, n).forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, 12));
  });
});

describe.each(["delete", "mask", "replace"] as const)("the prefix trie, mode %s", (mode) => {
  it("gives every coalition the value of a full recomputation", async () => {
    const coalitions = Array.from({ length: 16 }, (_, s) => presentPlayers(s, 4));
    const request = { chain: CHAIN, mode, fillerId: FILLER, coalitions, topK: 3 };
    const { results } = await evaluateCoalitions(model, request, NEVER_CANCELLED);
    for (const [i, present] of coalitions.entries()) {
      expect(Math.abs(results[i]!.logProb - (await naiveValue(CHAIN, present, mode)))).toBeLessThan(1e-4);
      expect(results[i]!.top.ids).toHaveLength(3);
    }
  });

  it("computes each part as often as the method says, and no token more than the formula", async () => {
    const result = await chainGame(model, exact({ chain: CHAIN, mode, fillerId: FILLER }), NEVER_CANCELLED);
    const times = (i: number) => (mode === "replace" ? 2 ** (i + 1) : 2 ** i);
    expect(result.segments).toEqual({ prompt: 1, steps: CHAIN.steps.map((_, i) => times(i)), answer: 16 });
    expect(result.evaluatedTokens).toBe(trieTokens({ chain: CHAIN, mode, fillerId: FILLER }));
    const byHand = 3 + CHAIN.steps.reduce((sum, step, i) => sum + times(i) * step.length, 0) + 16 * 3;
    expect(result.evaluatedTokens).toBe(byHand);
  });

  it("is efficient: the values sum to v(all) - v(none)", async () => {
    const {
      phi: { values: phi },
      vAll,
      vNone,
      residual,
    } = await chainGame(model, exact({ chain: CHAIN, mode, fillerId: FILLER }), NEVER_CANCELLED);
    expect(Math.abs(phi.reduce((a, b) => a + b, 0) - (vAll - vNone))).toBeLessThan(1e-4);
    expect(Math.abs(residual)).toBeLessThan(1e-9);
  });

  it("walks blocks depth-first past the batch width with the same result", async () => {
    const steps = Array.from({ length: 8 }, (_, i) => [(i * 5 + 1) % 11]);
    const chain = { ...CHAIN, steps };
    const {
      phi: { values: phi },
      segments,
    } = await chainGame(model, exact({ chain, mode, fillerId: FILLER }), NEVER_CANCELLED);
    expect(segments.answer).toBe(256);
    expect(segments.steps).toEqual(steps.map((_, i) => (mode === "replace" ? 2 ** (i + 1) : 2 ** i)));
    const all = await naiveValue(chain, presentPlayers(255, 8), mode);
    const none = await naiveValue(chain, presentPlayers(0, 8), mode);
    expect(Math.abs(phi.reduce((a, b) => a + b, 0) - (all - none))).toBeLessThan(1e-4);
  });
});

describe("exact Shapley", () => {
  it("gives a step that already equals the filler exactly 0 under replace", async () => {
    const chain = { ...CHAIN, steps: [[1, 4], [FILLER, FILLER], [6]] };
    const {
      phi: { values: phi },
      leaveOneOut: loo,
    } = await chainGame(model, exact({ chain, mode: "replace", fillerId: FILLER }), NEVER_CANCELLED);
    expect(phi[1]).toBe(0);
    expect(loo[1]).toBe(0);
    expect(phi[0]).not.toBe(0);
  });

  it("gives symmetric players equal values", async () => {
    const chain = { ...CHAIN, steps: [[5], [5]] };
    const {
      phi: { values: phi },
      residual,
    } = await chainGame(model, exact({ chain, mode: "delete", fillerId: FILLER }), NEVER_CANCELLED);
    // Deleting either of two equal neighbours leaves the same text: symmetric players.
    expect(Math.abs(phi[0]! - phi[1]!)).toBeLessThan(1e-6);
    expect(Math.abs(residual)).toBeLessThan(1e-9);
  });

  it("reports partial results and stops when cancelled", async () => {
    const token = new CancelToken();
    const chain = { ...CHAIN, steps: Array.from({ length: 10 }, (_, i) => [i % 11]) };
    const work = chainGame(model, exact({ chain, mode: "delete", fillerId: FILLER }), token);
    token.cancel();
    await expect(work).rejects.toMatchObject({ name: "Cancelled" });
  });

  it.each([
    [{ ...CHAIN, steps: [] }, /at least one player/],
    [{ ...CHAIN, steps: Array.from({ length: 13 }, () => [1]) }, /this game has 13/],
    [{ ...CHAIN, answerPrefix: [] }, /between the last step and the answer/],
    [{ ...CHAIN, answer: [] }, /reference answer is empty/],
    [{ ...CHAIN, answer: [77] }, /token id 77/],
  ])("refuses a chain without a defined value", async (chain, message) => {
    await expect(
      chainGame(model, exact({ chain, mode: "delete", fillerId: FILLER }), NEVER_CANCELLED),
    ).rejects.toThrow(message);
  });
});
