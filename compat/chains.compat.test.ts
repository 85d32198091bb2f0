/**
 * Chains on a tokenizer that puts a space before whatever it is given: the value of all steps is what the model says of
 * the whole text's own tokens, in the page's calls and in headless; and parts join to the whole on real vocabularies.
 */
import { describe, expect, it } from "vitest";
import type { EngineApi } from "../src/protocol/api";
import { findFiller } from "../src/client/chain/filler";
import { seededIndex } from "../src/random/seededIndex";
import type { Json } from "../src/engine/formats/bytes/json";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import { filesFromPath } from "../src/engine/formats/bytes/sourceNode";
import { createTokenizer, type Tokenizer } from "../src/engine/formats/tokenizer/tokenizer";
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import { tokenizerOf } from "../src/engine/open/openModel";
import { tokenCuts } from "../src/client/chain/tokenCuts";
import { compatJson, compatPath, isMissing } from "./folder";

const CHAIN = {
  prompt: "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.",
  steps: [" One day, she saw a big, red ball.", " She wanted to play with it, but it was too high."],
  answerPrefix: "\nLily's mom said, \"Lily, let's go to the",
  answer: ' park."',
};
const WHOLE = [CHAIN.prompt, ...CHAIN.steps, CHAIN.answerPrefix, CHAIN.answer].join("");

const NAME = "stories260K";
/** llama2.c's two files: the model, and its tokenizer. */
const storiesFiles = () => filesFromPath(compatPath(NAME));

async function openStories(): Promise<EngineApi> {
  const engine = createNodeEngine(compatPath("."));
  await engine.openDevice("cpu");
  await engine.loadModel({ kind: "embedded", name: NAME }, "f32", "load");
  return engine;
}

/** Sum of log p of the tokens from `first` on, each after the ones before it. */
async function scoreFrom(engine: EngineApi, tokens: readonly number[], first: number): Promise<number> {
  const score = tokens.slice(first).map((target, i) => ({ row: 0, position: first + i - 1, target }));
  const { scores } = await engine.run({ rows: [{ tokens }], score });
  return scores.reduce((sum, value) => sum + value, 0);
}

describe.skipIf(isMissing(NAME))("stories260K", () => {
  const opened = isMissing(NAME) ? undefined : openStories();

  it("values all steps as the whole text's own tokens", async () => {
    const engine = await opened!;
    const whole = (await engine.tokenize(WHOLE, true)).map(({ id }) => id);
    const { prompt, steps, answerPrefix, answer } = await engine.tokenizeChain(CHAIN);
    expect([prompt, ...steps, answerPrefix, answer].flat()).toEqual(whole);
    const expected = await scoreFrom(engine, whole, whole.length - answer.length);
    const game = await engine.chainGame(
      {
        ...{ chain: { prompt, steps, answerPrefix, answer }, mode: "delete", fillerId: 0 },
        ...{ value: "logProb", estimator: "exact", budget: 0, seed: 1, matrix: false },
      },
      "game",
    );
    console.log(
      `stories260K: v(all) ${game.vAll}, teacher-forced ${expected}, phi ${game.phi.values.join(", ")}`,
    );
    expect(game.vAll).toBeCloseTo(expected, 4);
  });

  it("cuts without a space of the tokenizer's own", async () => {
    const engine = await opened!;
    const { steps, moved } = await engine.tokenizeChain({ ...CHAIN, steps: [" ball"] });
    expect(steps).toEqual([[268, 388]]);
    expect(moved).toBeUndefined();
    expect((await engine.tokenizeChain({ ...CHAIN, steps: [" ba", "ll."] })).moved).toMatchObject([
      { part: 2 },
    ]);
  });

  it("asks the scorecard about the same tokens", async () => {
    const engine = await opened!;
    const { prompt, steps, answerPrefix, answer } = await engine.tokenizeChain(CHAIN);
    const filler = await findFiller(engine);
    expect(filler).toBeDefined();
    const { outcomes } = await engine.faithfulness(
      {
        problems: [{ name: "stories", chain: CHAIN, edits: [] }],
        tests: ["early"],
        ...{ filler: filler!.text, samples: 1, temperature: 0, seed: 0 },
      },
      "faithfulness",
    );
    const before = [prompt, ...steps, answerPrefix].flat();
    const { top } = await engine.run({
      rows: [{ tokens: before }],
      top: [{ row: 0, position: before.length - 1, k: 1 }],
    });
    expect(outcomes[0]?.chainTokens).toBe(steps.flat().length);
    // The answer that everything is compared with is the greedy one, as long as the reference.
    const request = { maxTokens: answer.length, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
    const { tokens: own } = await engine.generate({ tokens: before, ...request }, "own");
    expect(own[0]).toBe(top[0]?.ids[0]);
    expect(outcomes[0]?.early.at(-1)?.logProb).toBeCloseTo(
      await scoreFrom(engine, [...before, ...own], before.length),
      4,
    );
  });

  it("has a filler of one token, and cuts a chain into its tokens", async () => {
    const engine = await opened!;
    const filler = await findFiller(engine);
    const { steps } = await engine.tokenizeChain({ ...CHAIN, steps: [" One day", filler!.text, " she"] });
    expect(steps[1]).toEqual([filler!.id]);
    const pieces = await tokenCuts(engine, CHAIN);
    expect(pieces.join("")).toBe(CHAIN.steps.join(""));
    const cut = await engine.tokenizeChain({ ...CHAIN, steps: pieces });
    expect(cut.steps.every(({ length }) => length === 1)).toBe(true);
  });
});

const LINES = [
  WHOLE,
  "  Two  spaces\n\nand lines,\ttabs: don't 1234 + 5 = 1239.",
  "naïve café — ünïcode, 日本語 and 😀😀!",
  " def f(x):\n    return x**2 # code",
];

describe.each([
  ["stories260K", async () => tokenizerOf(await openModelFiles(await storiesFiles()))],
  ["tokenizers", async () => createTokenizer(compatJson<Json>("tokenizers/gpt2_tokenizer.json"))],
] as const)("the vocabulary of %s", (folder, open) => {
  it.skipIf(isMissing(folder))("joins parts to the whole, wherever they are cut", async () => {
    const tokenizer = (await open()) as Tokenizer;
    let moved = 0;
    for (const [line, text] of LINES.entries()) {
      const whole = tokenizer.encode(text, { addBos: false });
      for (let seed = 0; seed < 100; seed++) {
        const places = Array.from({ length: 4 }, (_, i) =>
          seededIndex((line * 100 + seed) * 4 + i, text.length + 1),
        ).sort((a, b) => a - b);
        const texts = [...places, text.length].map((end, i) => text.slice(places[i - 1] ?? 0, end));
        const found = tokenizer.encodeParts(texts, { addBos: false });
        expect(found.parts.flat(), JSON.stringify(texts)).toEqual(whole);
        moved += found.moved.length;
        // A part that was not moved reads as its own text.
        if (found.moved.length > 0) continue;
        const decoded = found.parts.map((ids, i) => {
          const before = found.parts.slice(0, i).flat().at(-1);
          return tokenizer
            .describe(ids, before)
            .map((token) => token.text)
            .join("");
        });
        const isWhole = decoded.every((own) => !own.includes("0x"));
        if (isWhole) expect(decoded).toEqual(texts);
      }
    }
    console.log(`${folder}: ${moved} of ${LINES.length * 400} drawn cuts lay inside a token`);
    expect(moved).toBeGreaterThan(0);
  });
});
