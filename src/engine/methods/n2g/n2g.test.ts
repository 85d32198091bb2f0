/** N2G on imitation latents: functions of tokens, so that what must be learned is known. */
import { describe, expect, it } from "vitest";
import { N2G_ANY, N2G_START, type N2gExample, type N2gNode } from "../../../protocol/sae/saeEvaluation";
import { evaluatedSae } from "../../interp/sae/evaluatedSae.samples";
import { n2g, n2gFrom, simulateLatent } from "./n2g";
import { defaultPadToken } from "./padToken";
import { bigramTable, correlation, simulatedLoss } from "./simulate";
import { buildTrie, predict } from "./trie";

const [A, B, C, D, E] = [0, 1, 2, 3, 4];
const PAD = 99;

type Latent = (tokens: readonly number[], at: number) => number;

const over = (latent: Latent) => async (rows: readonly (readonly number[])[]) =>
  rows.map((tokens) => Float32Array.from(tokens, (_, at) => latent(tokens, at)));

function explain(latent: Latent, examples: readonly N2gExample[], heldOut: readonly number[][] = []) {
  return n2gFrom({ examples, heldOut }, PAD, over(latent));
}

const first: Latent = (_, at) => (at === 0 ? 1 : 0);
const isC: Latent = (tokens, at) => (tokens[at] === C ? 1 : 0);
const aThenC: Latent = (tokens, at) => (tokens[at] === C && tokens.slice(0, at).includes(A) ? 1 : 0);

const A_GAP_C = [
  { tokens: [A, B, C], at: 2 },
  { tokens: [B, A, C], at: 2 },
  { tokens: [A, C, D], at: 1 },
];

const tokensOf = ({ children }: N2gNode) => children.map(({ token }) => token);

describe("the five behaviours of the published code's own tests", () => {
  it("learns that a latent stands at the start", async () => {
    const { root } = await explain(first, [
      { tokens: [A, B, C], at: 0 },
      { tokens: [B, C, D], at: 0 },
    ]);
    expect([...predict(root, [A, B, C])]).toEqual([1, 0, 0]);
    expect([...predict(root, [C, B, A])]).toEqual([1, 0, 0]);
    expect(tokensOf(root)).toEqual([N2G_ANY]);
    expect(tokensOf(root.children[0]!)).toEqual([N2G_START]);
  });

  it("finds one token anywhere", async () => {
    const { root, patterns } = await explain(isC, [
      { tokens: [A, B, C], at: 2 },
      { tokens: [B, C, D], at: 1 },
    ]);
    expect(patterns.map(({ tokens, atStart }) => ({ tokens, atStart }))).toEqual([
      { tokens: [C], atStart: false },
      { tokens: [C], atStart: false },
    ]);
    expect([...predict(root, [B, C])]).toEqual([0, 1]);
    expect([...predict(root, [A, A, A])]).toEqual([0, 0, 0]);
    expect([...predict(root, [C, B, C])]).toEqual([1, 0, 1]);
  });

  it("fills a gap of one with a wildcard", async () => {
    const { root } = await explain(aThenC, A_GAP_C);
    expect([...predict(root, [B, C])]).toEqual([0, 0]);
    expect([...predict(root, [A, C])]).toEqual([0, 1]);
    expect([...predict(root, [A, E, C, A, C])]).toEqual([0, 0, 1, 0, 1]);
  });

  it("predicts nothing for a latent that is never active", async () => {
    const { root, patterns } = await explain(() => 0, []);
    expect(patterns).toEqual([]);
    expect([...predict(root, [A, E, C, A, C])]).toEqual([0, 0, 0, 0, 0]);
  });

  it("misses gaps longer than it has seen, as is known", async () => {
    const { root } = await explain(aThenC, A_GAP_C);
    expect(aThenC([A, B, B, C], 3)).toBe(1);
    expect([...predict(root, [A, B, B, C])]).toEqual([0, 0, 0, 0]);
  });
});

describe("patterns", () => {
  it("keeps a whole context that nothing shorter stands for, however long", async () => {
    const tokens = [A, B, B, B, B, B, B, B, B, C];
    const { patterns } = await explain(aThenC, [{ tokens: [...tokens, D], at: 9 }]);
    expect(patterns[0]).toMatchObject({ example: 0, tokens, atStart: false, value: 1 });
    expect(patterns[0]!.saliency).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("takes the first length that keeps half of the activation, not the strongest", async () => {
    const graded: Latent = (tokens, at) => (tokens[at] === C ? Math.min(at + 1, 4) : 0);
    const { patterns, halfMax } = await explain(graded, [{ tokens: [A, B, D, C], at: 3 }]);
    expect(patterns[0]).toMatchObject({ tokens: [D, C], value: 2 });
    expect(halfMax).toBe(2);
  });

  it("puts a suffix that fills the model at the start, without trying more", async () => {
    const needsAll: Latent = (tokens, at) => (at === 3 && tokens[0] === A ? 1 : 0);
    let longestSeen = 0;
    const activations = async (rows: readonly (readonly number[])[]) => {
      longestSeen = Math.max(longestSeen, ...rows.map(({ length }) => length));
      return over(needsAll)(rows);
    };
    const request = { examples: [{ tokens: [A, B, C, D], at: 3 }], heldOut: [] };
    const { patterns } = await n2gFrom(request, PAD, activations, undefined, 4);
    expect(patterns[0]).toMatchObject({ tokens: [A, B, C, D], atStart: true });
    expect(longestSeen).toBe(4);
  });

  it("passes over examples where the latent is not active", async () => {
    const { patterns, skipped } = await explain(isC, [
      { tokens: [A, B], at: 1 },
      { tokens: [A, C], at: 1 },
    ]);
    expect(skipped).toBe(1);
    expect(patterns.map(({ example }) => example)).toEqual([1]);
  });

  it("prefers the token itself to the wildcard", () => {
    const pattern = (tokens: number[], saliency: number[], value: number) => ({
      ...{ example: 0, tokens, saliency, value },
      atStart: false,
    });
    const root = buildTrie([pattern([A, B, C], [1, 0, 1], 2), pattern([D, B, C], [1, 1, 1], 3)]);
    expect(predict(root, [A, E, C])[2]).toBe(2);
    expect(predict(root, [D, B, C])[2]).toBe(3);
    // The way by B leads nowhere, and there is no way back to the wildcard: as published.
    expect(predict(root, [A, B, C])[2]).toBe(0);
  });

  it("is plain data", async () => {
    const { root } = await explain(aThenC, A_GAP_C);
    expect(structuredClone(root)).toEqual(root);
    expect(JSON.parse(JSON.stringify(root))).toEqual(root);
  });
});

it("counts precision and recall above 0 and at half of the maximum", async () => {
  // Active with C: strongly after A, weakly elsewhere.
  const latent: Latent = (tokens, at) => (tokens[at] === C ? (tokens[at - 1] === A ? 10 : 1) : 0);
  const result = await explain(
    latent,
    [{ tokens: [A, C], at: 1 }],
    [
      [A, C, B],
      [C, A, C],
      [B, C],
    ],
  );
  expect(result.halfMax).toBe(5);
  expect(result.tokens).toBe(8);
  expect(result.positive).toEqual({
    ...{ actual: 4, predicted: 2, both: 2 },
    ...{ precision: 1, recall: 0.5, f1: 2 / 3 },
  });
  expect(result.strong).toEqual({
    ...{ actual: 2, predicted: 2, both: 2 },
    ...{ precision: 1, recall: 1, f1: 1 },
  });
  const silent = await explain(() => 0, [], [[A, B]]);
  expect(silent.positive.precision).toBeNaN();
  expect(silent.strong.predicted).toBe(0);
});

it("knows the bigram, then the token, then nothing", () => {
  const table = bigramTable(
    [
      [A, C, C],
      [B, C],
    ],
    [Float32Array.of(0, 4, 1), Float32Array.of(0, 1)],
  );
  const values = table([A, C, D, C, C]);
  expect([...values]).toEqual([0, 4, 0, 2, 1]);
});

it("compares losses with the real values, zeros and bigrams", async () => {
  const real = [Float32Array.of(0, 2, 0, 4)];
  const lossWith = async ([values]: readonly Float32Array[]) => ({
    loss: 1 + real[0]!.reduce((sum, value, i) => sum + (value - values![i]!) ** 2, 0) / 4,
    n: 3,
  });
  const half = [Float32Array.of(0, 1, 0, 2)];
  const off = [Float32Array.of(0, 0, 0, 4)];
  const result = await simulatedLoss(real, { simulated: half, bigram: off }, lossWith);
  expect(result.real).toEqual({ loss: 1, change: 0, recovered: 1, correlation: 1 });
  expect(result.zero).toMatchObject({ loss: 6, change: 5, recovered: 0 });
  expect(result.zero.correlation).toBeNaN();
  expect(result.simulated).toMatchObject({ change: 1.25, recovered: 0.75 });
  expect(result.simulated.correlation).toBeCloseTo(1, 12);
  expect(result.bigram).toMatchObject({ change: 1, recovered: 0.8 });
  expect(result.n).toBe(3);
  expect(correlation([Float32Array.of(1, 2)], [Float32Array.of(2, 1)])).toBe(-1);
});

it("recovers nothing where there is nothing to lose", async () => {
  const none = [Float32Array.of(0, 2)];
  const same = async () => ({ loss: 1, n: 1 });
  const { simulated } = await simulatedLoss(none, { simulated: none, bigram: none }, same);
  expect(simulated).toMatchObject({ change: 0, recovered: NaN });
});

describe("the pad token", () => {
  const source = (known: Record<string, number[]>) => ({
    encode: (text: string) => known[text] ?? [7, 8],
    unkId: 2,
  });
  it("is the published one where the tokenizer has it", () => {
    expect(defaultPadToken({ ...source({ " _": [4808] }), padId: 3 })).toBe(4808);
    expect(defaultPadToken({ ...source({ _: [4] }), padId: 3 })).toBe(4);
  });
  it("is else the padding token, the end of a text, or 0", () => {
    expect(defaultPadToken({ ...source({ " _": [2] }), padId: 3, eosId: 1 })).toBe(3);
    expect(defaultPadToken({ ...source({}), eosId: 1 })).toBe(1);
    expect(defaultPadToken(source({}))).toBe(0);
  });
});

it("explains a latent of a real model, and simulates it", async () => {
  const { model, sae } = await evaluatedSae("topk");
  const contexts = [
    [3, 1, 4, 1, 5, 9, 2],
    [6, 5, 3, 5, 8, 9],
    [7, 9, 3, 2, 3],
  ];
  const examplesOf = async (latent: number) => {
    const none = { sae: 0, latent, examples: [], heldOut: contexts, before: [12], padToken: 0 };
    const { heldOut } = await n2g(model, sae, none);
    return contexts.flatMap((tokens, row) =>
      tokens.flatMap((_, at) => (heldOut[row]!.values[at]! > 0 ? [{ tokens, at }] : [])),
    );
  };
  let latent = 0;
  while ((await examplesOf(latent)).length < 3) latent++;
  const examples = await examplesOf(latent);
  const request = { ...{ sae: 0, latent, before: [12] }, heldOut: contexts };
  const result = await n2g(model, sae, { ...request, examples, padToken: 0 });
  expect(result.patterns).toHaveLength(examples.length);
  // The same, from whole rows of values.
  const whole = await n2gFrom({ examples, heldOut: contexts }, 0, async (rows) => {
    const asked = { sae: 0, latent, examples: [], heldOut: rows, before: [12], padToken: 0 };
    return (await n2g(model, sae, asked)).heldOut.map(({ values }) => values);
  });
  expect(result.patterns.map(({ tokens }) => tokens)).toEqual(whole.patterns.map(({ tokens }) => tokens));
  result.patterns.forEach(({ value }, i) => expect(value).toBeCloseTo(whole.patterns[i]!.value, 4));
  expect(result.tokens).toBe(18);
  expect(result.positive.actual).toBe(examples.length);
  const loss = await simulateLatent(model, sae, { ...request, root: result.root, training: contexts });
  expect(loss.real.change).toBe(0);
  expect(loss.n).toBe(18);
  expect(loss.zero.change).not.toBe(0);
  // A context that fills the model leaves no room for the pad token.
  const full = Array.from({ length: 63 }, (_, i) => (i * 5) % 13);
  const wide = { ...request, heldOut: [full], examples: [], padToken: 0 };
  const [values] = (await n2g(model, sae, wide)).heldOut.map((row) => row.values);
  const at = values!.findLastIndex((value) => value > 0);
  const filled = await n2g(model, sae, { ...wide, examples: [{ tokens: full, at }] });
  expect(filled.patterns).toHaveLength(1);
  const beyond = { ...wide, examples: [{ tokens: full, at: 63 }] };
  await expect(n2g(model, sae, beyond)).rejects.toThrow(/position 63/);
  await expect(n2g(model, sae, { ...request, latent: 40, examples, padToken: 0 })).rejects.toThrow(
    /latents 0 to 39/,
  );
});
