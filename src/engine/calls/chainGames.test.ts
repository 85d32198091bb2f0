/** Chains through the engine, on the embedded model: which steps the answer rests on is known from the problem. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { EngineApi } from "../../protocol/api";
import { ABLATION_MODES, type Ablation, type ChainTokens, type ChainValue } from "../../protocol/chain";
import { createLedgerProblem, LEDGER_FILLER } from "../../synthetic/ledger/ledger";
import { createNodeEngine } from "../hosts/nodeHost";

const PROBLEM = createLedgerProblem(11, { kind: "total", people: 3, changes: [2, 1, 2], distractors: 0 });

let engine: EngineApi;
let chain: ChainTokens;
let shared: Omit<Ablation, "mode">;
beforeAll(async () => {
  engine = createNodeEngine(join(import.meta.dirname, "../../../static/models"));
  await engine.openDevice("cpu");
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "auto", "load");
  const { prompt, steps, answerPrefix, answer } = PROBLEM;
  chain = await engine.tokenizeChain({ prompt, steps: steps.map(({ text }) => text), answerPrefix, answer });
  const [filler] = await engine.tokenize(` ${LEDGER_FILLER}`, false);
  const texts = async (ids: readonly number[]) =>
    (await engine.describeTokens(ids)).map(({ text }) => text.trim());
  const numbers = await Promise.all(
    [...chain.steps, chain.answerPrefix].map(async (ids) =>
      (await texts(ids)).map((text) => (/^\d+$/.test(text) ? Number(text) : -1)),
    ),
  );
  const written = { chain, samples: 8, seed: 2, temperature: 1, topP: 1 };
  const alternatives = await engine.resampleSteps(written, "resample");
  shared = { fillerId: filler?.id ?? 0, numbers, alternatives };
});

it("writes steps that end as the originals do", async () => {
  const { alternatives = [] } = shared;
  const ends = alternatives.flatMap((sample) =>
    sample.map((text, i) => text.at(-1) === chain.steps[i]!.at(-1)),
  );
  expect(ends.filter(Boolean).length / ends.length).toBeGreaterThan(0.9);
});

it.each(["delete", "mask", "replace"] as const)(
  "gives the value to the steps that are needed, mode %s",
  async (mode) => {
    const result = await engine.chainGame(
      {
        ...{ chain, ...shared, mode, value: "logProb", estimator: "exact" },
        ...{ budget: 0, seed: 0, matrix: true },
      },
      "game",
    );
    const needed = result.phi.values.filter((_, i) => PROBLEM.steps[i]!.needed);
    const others = result.phi.values.filter((_, i) => !PROBLEM.steps[i]!.needed);
    expect(result.vAll - result.vNone).toBeGreaterThan(1);
    expect(Math.min(...needed)).toBeGreaterThan(Math.max(...others.map(Math.abs)));
    expect(needed.reduce((a, b) => a + b, 0)).toBeGreaterThan(0.8 * (result.vAll - result.vNone));
  },
);

it("toggles steps in every mode", async () => {
  const all = chain.steps.map(() => true);
  for (const mode of ABLATION_MODES) {
    // The needed steps of this problem have no number that an earlier step does not have.
    const without = PROBLEM.steps.map(({ needed }) => !needed && mode !== "symbol");
    const [whole, cut] = await engine.coalitions({
      chain,
      ...shared,
      mode,
      coalitions: [all, without],
      topK: 90,
    });
    const probability = whole!.top.logProbs.reduce((sum, logProb) => sum + Math.exp(logProb), 0);
    const cutProbability = cut!.top.logProbs.reduce((sum, logProb) => sum + Math.exp(logProb), 0);
    expect(probability).toBeCloseTo(1, 4);
    expect(cutProbability).toBeCloseTo(1, 4);
    expect(whole!.top.ids[0]).toBe(chain.answer[0]);
    // Written again the steps often say the same; taken away they say nothing.
    const drop = whole!.logProb - cut!.logProb;
    if (mode === "resample") expect(drop).toBeGreaterThanOrEqual(0);
    else expect(drop, mode).toBeGreaterThan(0.5);
  }
});

it("tells a coalition's value of any kind", async () => {
  const coalitions = [chain.steps.map(() => true), chain.steps.map(() => false)];
  const request = { chain, ...shared, coalitions, topK: 90 };
  for (const mode of ["delete", "resample"] as const) {
    const of = (value?: ChainValue) => engine.coalitions({ ...request, mode, ...(value ? { value } : {}) });
    const [plain] = await of();
    expect(plain).not.toHaveProperty("value");
    const [sure] = await of("probability");
    expect(sure!.value).toBeCloseTo(Math.exp(plain!.logProb), 4);
    const [right] = await of("argmax");
    expect(right!.value).toBe(1);
  }
  const [, unsure] = await engine.coalitions({ ...request, mode: "delete", value: "margin" });
  const { ids, logProbs } = unsure!.top;
  const own = ids.indexOf(chain.answer[0]!);
  expect(unsure!.value).toBeCloseTo(logProbs[own]! - logProbs[own === 0 ? 1 : 0]!, 4);
});
