/** The trie against one row at a time: values and token scores in every mode, how often each part is computed, refusals. */
import { beforeAll, describe, expect, it } from "vitest";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import { ABLATION_MODES, CHAIN_VALUES, type AblationMode } from "../../../protocol/chain";
import { createCpuDevice } from "../../device/cpu";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { stepAblation, CHAIN, FILLER, naiveAnswer, naiveTokens } from "./coalitionTrie.samples";
import { CoalitionTrie, type CoalitionValue, type TrieRequest } from "./coalitionTrie";
import { trieTokens } from "./trieTokens";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});

const N = CHAIN.steps.length;
const ALL = Array.from({ length: 2 ** N }, (_, s) => CHAIN.steps.map((_, i) => ((s >> i) & 1) === 1));
/** 50 of the 64, in an order of no meaning. */
const FIFTY = Array.from({ length: 50 }, (_, i) => ALL[(i * 27 + 5) % 64]!);

async function valued(request: TrieRequest, coalitions: boolean[][]) {
  const trie = await CoalitionTrie.open(model, request, coalitions.length, NEVER_CANCELLED);
  try {
    const values: CoalitionValue[][] = coalitions.map(() => []);
    for await (const block of trie.values(coalitions)) {
      for (const one of block) values[one.index]![one.sample] = one;
    }
    return { values, counts: trie.counts, evaluatedTokens: trie.evaluatedTokens };
  } finally {
    trie.release();
  }
}

const close = (a: ArrayLike<number>, b: ArrayLike<number>, within = 1e-4) => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) {
    if (!(Math.abs(a[i]! - b[i]!) < within)) expect(`[${i}] ${a[i]}`).toBe(`[${i}] ${b[i]}`);
  }
};

describe.each(ABLATION_MODES)("mode %s", (mode: AblationMode) => {
  const ablation = stepAblation(mode);
  const samples = mode === "resample" ? 3 : 1;

  it("gives 50 coalitions the values of one row each", async () => {
    const { values } = await valued({ chain: CHAIN, ...ablation, topK: 3 }, FIFTY);
    for (const [i, present] of FIFTY.entries()) {
      for (let sample = 0; sample < samples; sample++) {
        const { logProbs, logits } = await naiveAnswer(model, CHAIN, present, ablation, sample);
        const own = values[i]![sample]!;
        expect(Math.abs(own.logProb - logProbs.reduce((a, b) => a + b, 0))).toBeLessThan(1e-4);
        expect(own.value).toBe(own.logProb);
        const order = [...logits[0]!.keys()].sort((a, b) => logits[0]![b]! - logits[0]![a]!);
        expect([...own.top.ids]).toEqual(order.slice(0, 3));
      }
    }
  });

  it("scores every token as one row for each part does", async () => {
    const some = FIFTY.slice(0, 12);
    const { values } = await valued({ chain: CHAIN, ...ablation, tokenScores: true }, some);
    for (const [i, present] of some.entries()) {
      for (let sample = 0; sample < samples; sample++) {
        close(values[i]![sample]!.tokens!, await naiveTokens(model, CHAIN, present, ablation, sample));
      }
    }
  });

  it("computes as many tokens as predicted, with and without token scores", async () => {
    for (const tokens of [false, true]) {
      const { evaluatedTokens, counts } = await valued(
        { chain: CHAIN, ...ablation, tokenScores: tokens },
        ALL,
      );
      expect(evaluatedTokens).toBe(trieTokens({ chain: CHAIN, ...ablation }));
      expect(counts.prompt).toBe(1);
    }
  });

  it("does not depend on which coalitions come along, or on their order", async () => {
    const together = await valued({ chain: CHAIN, ...ablation, tokenScores: true }, ALL);
    const reversed = await valued({ chain: CHAIN, ...ablation, tokenScores: true }, [...ALL].reverse());
    for (const s of [0, 5, 22, 63]) {
      const alone = await valued({ chain: CHAIN, ...ablation, tokenScores: true }, [ALL[s]!]);
      for (let sample = 0; sample < samples; sample++) {
        const own = together.values[s]![sample]!;
        expect(Math.abs(alone.values[0]![sample]!.value - own.value)).toBeLessThan(1e-5);
        expect(Math.abs(reversed.values[63 - s]![sample]!.value - own.value)).toBeLessThan(1e-5);
        close(alone.values[0]![sample]!.tokens!, own.tokens!, 1e-5);
      }
    }
  });

  it("walks blocks depth-first past the batch width with the same values", async () => {
    const steps = Array.from({ length: 8 }, (_, i) => [(i * 5 + 1) % 11, (i * 3 + 2) % 11]);
    const chain = { ...CHAIN, steps };
    const own = stepAblation(mode, chain);
    const coalitions = Array.from({ length: 256 }, (_, s) => steps.map((_, i) => ((s >> i) & 1) === 1));
    const { values, evaluatedTokens } = await valued({ chain, ...own, tokenScores: true }, coalitions);
    expect(evaluatedTokens).toBe(trieTokens({ chain, ...own }));
    for (const s of [0, 100, 255]) {
      const sample = samples - 1;
      const { logProbs } = await naiveAnswer(model, chain, coalitions[s]!, own, sample);
      expect(Math.abs(values[s]![sample]!.logProb - logProbs.reduce((a, b) => a + b, 0))).toBeLessThan(1e-4);
      close(values[s]![sample]!.tokens!, await naiveTokens(model, chain, coalitions[s]!, own, sample));
    }
  });
});

describe("how often each part is computed", () => {
  const times = async (mode: AblationMode) =>
    (await valued({ chain: CHAIN, ...stepAblation(mode) }, ALL)).counts;
  const step = (factor: number) => CHAIN.steps.map((_, i) => factor * 2 ** i);

  it("is 2^(i-1) where absent steps need no computing", async () => {
    expect(await times("delete")).toEqual({ prompt: 1, steps: step(1), answer: 64 });
    expect(await times("mask")).toEqual({ prompt: 1, steps: step(1), answer: 64 });
  });

  it("is 2^i where they do", async () => {
    expect(await times("replace")).toEqual({ prompt: 1, steps: step(2), answer: 64 });
    expect(await times("mean")).toEqual({ prompt: 1, steps: step(2), answer: 64 });
  });

  it("branches for symbols only at steps that have a number first", async () => {
    // 4 and 3 come first in step 0, 5 in step 1: no later step owns a number.
    expect(await times("symbol")).toEqual({ prompt: 1, steps: [2, 4, 4, 4, 4, 4], answer: 4 });
  });

  it("shares among samples what they have in common", async () => {
    const { steps, answer } = await times("resample");
    // Step 0: the original and three samples. Step 1: one branch without and three with an absent step before.
    expect(steps.slice(0, 2)).toEqual([4, 10]);
    expect(answer).toBeLessThan(3 * 64);
  });

  it("counts what it computes to score steps that no coalition has", async () => {
    const none = [CHAIN.steps.map(() => false)];
    const bare = await valued({ chain: CHAIN, ...stepAblation("delete") }, none);
    const scored = await valued({ chain: CHAIN, ...stepAblation("delete"), tokenScores: true }, none);
    expect(bare.counts.steps).toEqual([0, 0, 0, 0, 0, 0]);
    // One token is scored by what stands before it.
    expect(scored.counts.steps).toEqual([1, 1, 0, 1, 1, 1]);
  });
});

describe.each(["delete", "symbol", "resample"] as const)("values, mode %s", (mode) => {
  const ablation = stepAblation(mode);
  const answers = [
    { tokens: [4], number: 3 },
    { tokens: [4, 12], number: -2 },
    { tokens: [1, 2, 3], number: 10 },
  ];

  it.each(CHAIN_VALUES)("%s is what the logits of one row say", async (value) => {
    const some = FIFTY.slice(0, 16);
    const { values } = await valued({ chain: CHAIN, ...ablation, value, answers }, some);
    for (const [i, present] of some.entries()) {
      const sample = ablation.alternatives ? 2 : 0;
      const of = (answer: readonly number[]) => naiveAnswer(model, CHAIN, present, ablation, sample, answer);
      const { logits, logProbs } = await of(CHAIN.answer);
      const rest = (line: Float32Array, token: number) => Math.max(...line.filter((_, id) => id !== token));
      const p = await Promise.all(
        answers.map(async ({ tokens }) => Math.exp((await of(tokens)).logProbs.reduce((a, b) => a + b, 0))),
      );
      const expected = {
        logProb: logProbs[0]! + logProbs[1]!,
        probability: Math.exp(logProbs[0]! + logProbs[1]!),
        margin: logits[0]![4]! - rest(logits[0]!, 4),
        argmax: Number(CHAIN.answer.every((token, j) => logits[j]![token]! > rest(logits[j]!, token))),
        expected:
          answers.reduce((sum, { number }, j) => sum + p[j]! * number, 0) / p.reduce((a, b) => a + b, 0),
      }[value];
      expect(Math.abs(values[i]![sample]!.value - expected)).toBeLessThan(1e-4);
    }
  });

  it("finds an answer that is the most probable one", async () => {
    const { logits } = await naiveAnswer(model, CHAIN, ALL[63]!, ablation);
    const best = logits[0]!.indexOf(Math.max(...logits[0]!));
    const chain = { ...CHAIN, answer: [best] };
    const { values } = await valued({ chain, ...ablation, value: "argmax" }, [ALL[63]!]);
    expect(values[0]![0]!.value).toBe(1);
    const margin = await valued({ chain, ...ablation, value: "margin" }, [ALL[63]!]);
    expect(margin.values[0]![0]!.value).toBeGreaterThan(0);
  });
});

describe("what reads alike is one", () => {
  it("masks nothing, and has the value of the plain text", async () => {
    const everything = [CHAIN.steps.map(() => true)];
    const plain = await naiveAnswer(model, CHAIN, everything[0]!, stepAblation("delete"));
    for (const mode of ABLATION_MODES) {
      const { values } = await valued({ chain: CHAIN, ...stepAblation(mode) }, everything);
      expect(Math.abs(values[0]![0]!.logProb - plain.logProbs[0]! - plain.logProbs[1]!)).toBeLessThan(1e-5);
    }
  });

  it("values a step that equals the filler the same, present or not", async () => {
    const chain = { ...CHAIN, steps: [[1, 4], [FILLER, FILLER], [6]] };
    const coalitions = [
      [true, true, true],
      [true, false, true],
    ];
    const { values } = await valued({ chain, ...stepAblation("replace") }, coalitions);
    expect(values[0]![0]!.value).toBe(values[1]![0]!.value);
  });

  it("averages over what the chain itself holds", async () => {
    const chain = { ...CHAIN, steps: [[6, 6], [6], [6, 6, 6]] };
    const { values } = await valued({ chain, ...stepAblation("mean", chain) }, [
      [true, true, true],
      [false, false, false],
    ]);
    // The mean of equal embeddings is that embedding.
    expect(Math.abs(values[0]![0]!.value - values[1]![0]!.value)).toBeLessThan(1e-5);
  });
});

describe("what it refuses", () => {
  const open = (request: Partial<TrieRequest>) =>
    CoalitionTrie.open(model, { chain: CHAIN, ...stepAblation("delete"), ...request }, 1, NEVER_CANCELLED);

  it.each([
    [{ mode: "resample" as const }, /sample it first/],
    [{ mode: "resample" as const, alternatives: [[[1]]] }, /sample 0 has 1 steps; the chain has 6/],
    [{ mode: "symbol" as const }, /which tokens are numbers/],
    [{ mode: "symbol" as const, numbers: [[1]] }, /numbers of step 0 do not fit its 3 tokens/],
    [{ value: "expected" as const }, /name at least one/],
    [
      { value: "expected" as const, answers: [{ tokens: [], number: 7 }] },
      /answer that stands for 7 has no token of its own.*put a space before it, or change the cue/,
    ],
    [{ chain: { ...CHAIN, answer: [] } }, /reference answer is empty; type the answer/],
    [
      { chain: { ...CHAIN, answer: [], moved: [{ part: 8, text: "2", to: "before" as const }] } },
      /answer “2” shares its token with the text before it.*put a space before the answer, or change the cue/,
    ],
    [{ value: "expected" as const, answers: [{ tokens: [99], number: 1 }] }, /token id 99/],
    [{ chain: { ...CHAIN, prompt: [] } }, /prompt is empty/],
    [{ fillerId: 13 }, /token id 13/],
  ])("%j", async (request, message) => {
    await expect(open(request)).rejects.toThrow(message);
  });

  it("names the coalition that does not fit", async () => {
    await expect(valued({ chain: CHAIN, ...stepAblation("delete") }, [[true]])).rejects.toThrow(
      /coalition 0 names 1 steps; the chain has 6/,
    );
  });

  it("refuses the mean where there is no embedding to replace", async () => {
    const blind = {
      ...model,
      architecture: { ...model.architecture, absentSites: () => ["embed" as const] },
    };
    await expect(
      CoalitionTrie.open(blind, { chain: CHAIN, ...stepAblation("mean") }, 1, NEVER_CANCELLED),
    ).rejects.toThrow(/no embedding to replace/);
  });

  it("stops when cancelled, and frees what it holds", async () => {
    const token = new CancelToken();
    const trie = await CoalitionTrie.open(
      model,
      { chain: CHAIN, ...stepAblation("delete"), tokenScores: true },
      64,
      token,
    );
    token.cancel();
    await expect(trie.values(ALL).next()).rejects.toMatchObject({ name: "Cancelled" });
    trie.release();
  });
});
