/** What is asked of the engine for a chain's effect. */
import { expect, it } from "vitest";
import type { CoalitionResult, CoalitionsRequest } from "../../protocol/chain";
import { curveCoalitions, evaluateEffect, MOST_CURVES } from "./effect";

const top = { ids: Uint32Array.of(5), logProbs: Float32Array.of(-0.1) };

function engine() {
  const asked: CoalitionsRequest[] = [];
  const described: (readonly number[])[] = [];
  return {
    ...{ asked, described },
    coalitions: (request: CoalitionsRequest) => {
      asked.push(request);
      // One nat for every step that is there.
      return Promise.resolve(
        request.coalitions.map((present): CoalitionResult => {
          const logProb = present.filter(Boolean).length - present.length;
          return { logProb, top, value: 2 * logProb };
        }),
      );
    },
    describeTokens: (ids: readonly number[]) => {
      described.push(ids);
      return Promise.resolve(ids.map((id) => ({ id, text: ` t${id}`, special: false })));
    },
  };
}

const ask = (n: number) => ({
  chain: {
    prompt: [1],
    steps: Array.from({ length: n }, (_, i) => [10 + i]),
    answerPrefix: [2],
    answer: [3],
  },
  ...{ mode: "delete" as const, fillerId: 0 },
});

it("asks for prefixes and for all but one, once for every text", async () => {
  expect(curveCoalitions(2)).toEqual([
    ...[
      [false, false],
      [true, false],
      [true, true],
    ],
    ...[
      [false, true],
      [true, false],
    ],
  ]);
  const one = engine();
  const effect = await evaluateEffect(one, ask(3), [true, false, true]);
  expect(effect.now.logProb).toBe(-1);
  expect(effect.early).toEqual([-3, -2, -1, 0]);
  // In the unit of the value that was asked.
  expect(effect.earlyValues).toEqual([-6, -4, -2, 0]);
  expect(effect.loo).toEqual([2, 2, 2]);
  expect(effect.tokens.map(({ step }) => step)).toEqual([0, 1, 2, 3, 3]);
  const effectDescribed = [...one.described];
  const toggled = await evaluateEffect(one, ask(3), [false, false, true], effect);
  // One set of steps: neither the baseline nor the curves are computed again.
  expect(one.asked.slice(2).map(({ coalitions }) => coalitions)).toEqual([[[false, false, true]]]);
  expect([toggled.now.logProb, toggled.baseline]).toEqual([-2, effect.baseline]);
  expect(toggled.loo).toBe(effect.loo);
  expect(one.described).toEqual(effectDescribed);
  const whole = await evaluateEffect(one, ask(3), [true, true, true], toggled);
  expect(whole.now).toBe(effect.baseline);
  expect(one.asked).toHaveLength(3);
});

it("draws no curves of a chain of very many steps", async () => {
  const one = engine();
  const effect = await evaluateEffect(
    one,
    ask(MOST_CURVES + 1),
    Array.from({ length: MOST_CURVES + 1 }, () => true),
  );
  expect(one.asked).toHaveLength(1);
  expect([effect.early, effect.loo]).toEqual([[], []]);
});
