/**
 * Planted models: one that ignores its chain changes nothing anywhere, one that answers with the chain's end has the
 * curve that is known in closed form; and the numbers against hand-worked ones.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type {
  ChainEdit,
  FaithfulnessProblem,
  FaithfulnessRequest,
  ScoreName,
} from "../../../protocol/faithfulness";
import { createCpuDevice } from "../../device/cpu";
import { openModelFiles } from "../../formats/modelFiles";
import { fileFromBytes } from "../../formats/bytes/source";
import { run } from "../../interp/pass/runRows";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { placeFiles } from "../../models/placeModel.samples";
import { randomGpt2 } from "../../models/randomModel";
import { faithfulness } from "./faithfulness";
import { faithfulness as measure } from "./overProblems";
import { answerFollows, restores } from "./mistakes";
import { ModelReader } from "./modelReader";
import type { ChainReader } from "./reader";

const encode = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
/** Token ids are words: "3 7" is [3, 7]. */
const CODEC = {
  encode,
  encodeParts: (texts: readonly string[]) => ({ parts: texts.map(encode) }),
  encodeInside: encode,
  bosByDefault: false,
  text: (ids: readonly number[]) => ids.map((id) => ` ${id}`).join(""),
  eosId: 15,
};
const OPTIONS = { filler: "0", samples: 2, temperature: 1, seed: 3 };

function edit(steps: readonly string[], step: number, to: string, more: Partial<ChainEdit> = {}): ChainEdit {
  const original = steps[step]!.trim().split(" ").at(-1)!;
  const changed = steps.map((text, i) => (i === step ? text.replace(new RegExp(`${original}$`), to) : text));
  return { step, steps: changed, original, edited: to, after: "asItWas", counted: true, ...more };
}

/** The answer stands at place 1 of the prompt, and ends the chain. */
function problem(answer: number, n: number): FaithfulnessProblem {
  const steps = Array.from({ length: n }, (_, i) => ` ${6 + i} ${i === n - 1 ? answer : 5}`);
  return {
    name: `answer ${answer}`,
    chain: { prompt: `9 ${answer} 4`, steps, answerPrefix: " 13 14", answer: ` ${answer}` },
    edits: [
      edit(steps, n - 1, "10", { follows: " 10" }),
      edit(steps, n - 1, "11", { follows: " 11", after: "regenerated" }),
    ],
    substituted: { number: String(answer), steps: steps.map((text) => text.replace(/\d+$/, "12")) },
  };
}

const PROBLEMS = [1, 2, 3].map((answer) => problem(answer, answer + 1));

async function planted(looks: Parameters<typeof placeFiles>[0]): Promise<Model> {
  const files = placeFiles(looks).map(({ name, bytes }) => fileFromBytes(name, bytes));
  return (await loadModel(await createCpuDevice(), await openModelFiles(files), "f32", NEVER_CANCELLED))
    .model;
}

const ask = (model: Model, problems = PROBLEMS) =>
  faithfulness(model, CODEC, { ...OPTIONS, problems }, NEVER_CANCELLED);

describe("a model, written by hand, that ignores its chain", () => {
  it("has an area of 0 and the same answer everywhere", async () => {
    const { scores, correct, follows } = await ask(await planted({ fixed: 1 }));
    const value = (name: ScoreName) => scores.find((score) => score.name === name)!.value;
    expect(correct.value).toBe(1);
    expect(value("early")).toBe(0);
    for (const name of ["mistake", "mistakeChanged", "rewritten", "rewrittenChanged"] as const) {
      expect(value(name)).toBe(0);
    }
    for (const name of [
      "withoutChain",
      "filler",
      "shuffledSteps",
      "shuffledTokens",
      "substituted",
    ] as const) {
      expect(value(name)).toBe(1);
    }
    expect(follows.asItWas).toEqual({ edit: 0, original: 3, neither: 0, changed: 0 });
    expect(scores.find(({ name }) => name === "early")!.curve!.same.every((share) => share === 1)).toBe(true);
  });
});

describe("a model, written by hand, that answers with the last token of its chain", () => {
  it("has a step for a curve: the area over it is 1 - 1/(2n), lengths weighted by their problems", async () => {
    const { scores, byLength, follows } = await ask(await planted({ back: 2 }));
    expect(byLength.map(({ steps, same }) => [steps, same])).toEqual([
      [2, [0, 0, 1]],
      [3, [0, 0, 0, 1]],
      [4, [0, 0, 0, 0, 1]],
    ]);
    byLength.forEach(({ steps, aoc }) => expect(aoc).toBeCloseTo(1 - 1 / (2 * steps), 12));
    const mean = (3 / 4 + 5 / 6 + 7 / 8) / 3;
    expect(scores.find(({ name }) => name === "early")!.value).toBeCloseTo(mean, 12);
    expect(follows.asItWas).toEqual({ edit: 3, original: 0, neither: 0, changed: 0 });
    const value = (name: ScoreName) => scores.find((score) => score.name === name)!.value;
    expect([value("mistake"), value("filler"), value("substituted")]).toEqual([1, 0, 0]);
  });
});

describe("a reader that knows the answer only from the whole chain, else guesses", () => {
  it.each([2, 3, 5])("has an area of (1 - base)(1 - 1/(2n)), n = %i", async (n) => {
    // One problem in four is guessed right without the chain: base = 1/4.
    const answerTo = ({ length, tokens }: { length: number; tokens: readonly number[] }) => {
      const answer = tokens[1]!;
      return length === 3 + 2 * n + 2 || answer === 1 ? answer : 0;
    };
    const reader: ChainReader = {
      evaluatedTokens: 0,
      read: async (groups) =>
        groups.map(({ rows }) =>
          rows.map(({ tokens, target }) => ({
            logProbs: target.map(() => -1),
            best: [answerTo({ length: tokens.length, tokens })],
          })),
        ),
      write: async (groups) =>
        groups.map(({ rows }) => rows.map(({ tokens }) => [answerTo({ length: tokens.length, tokens })])),
    };
    const problems = [1, 2, 3, 4].map((answer) => problem(answer, n));
    const request: FaithfulnessRequest = { ...OPTIONS, problems, tests: ["early"] };
    const { scores } = await measure(reader, CODEC, request);
    expect(scores[0]!.value).toBeCloseTo((1 - 1 / 4) * (1 - 1 / (2 * n)), 12);
    expect(scores.filter(({ name }) => name === "filler")[0]!.n).toBe(0);
  });
});

describe("what is read", () => {
  let model: Model;
  beforeAll(async () => {
    model = randomGpt2(await createCpuDevice(), { vocab_size: 16 });
  });

  it("is what full forward passes give", async () => {
    const [one] = (await ask(model)).outcomes;
    const { chain, edits } = PROBLEMS[0]!;
    const tokens = CODEC.encode(chain.prompt + chain.steps.join("") + chain.answerPrefix);
    const top = async (row: number[], k = 1) =>
      (await run(model, { rows: [{ tokens: row }], top: [{ row: 0, position: row.length - 1, k }] })).top[0]!;
    const logProb = async (row: number[], target: number) =>
      (await run(model, { rows: [{ tokens: row }], score: [{ row: 0, position: row.length - 1, target }] }))
        .scores[0]!;
    const [own] = (await top(tokens)).ids;
    expect(one!.whole.text).toBe(` ${own}`);
    const cut = CODEC.encode(chain.prompt + chain.steps[0]! + chain.answerPrefix);
    expect(one!.early[1]!.logProb).toBeCloseTo(await logProb(cut, own!), 4);
    expect(one!.early[1]!.same).toBe((await top(cut)).ids[0] === own);
    const before = CODEC.encode(chain.prompt + chain.steps.join("")).slice(0, -1);
    const surprise = (await logProb(before, 1)) - (await logProb(before, 10));
    expect(one!.mistakes[0]!.surprise).toBeCloseTo(surprise, 4);
    expect(edits[0]!.edited).toBe("10");
  });

  it("does not depend on how many problems are read together", async () => {
    const together = await ask(model);
    for (const [i, one] of PROBLEMS.entries()) {
      const reader = new ModelReader(model, NEVER_CANCELLED, CODEC.eosId);
      const alone = await measure(reader, CODEC, { ...OPTIONS, problems: [one], tests: ["early", "filler"] });
      const values = (outcome = alone.outcomes[0]!) => [...outcome.early, ...outcome.filler];
      values(together.outcomes[i]).forEach(({ logProb, same }, c) => {
        expect(logProb).toBeCloseTo(values()[c]!.logProb, 4);
        expect(same).toBe(values()[c]!.same);
      });
    }
  });

  it.each([
    [{ filler: "1 2" }, /2 tokens; give exactly one/],
    [{ problems: [] }, /no problems/],
    [{ samples: 0 }, /samples is 0/],
    [
      { problems: [{ ...PROBLEMS[0]!, chain: { ...PROBLEMS[0]!.chain, steps: [] } }] },
      /answer 1: the chain has no steps/,
    ],
    [
      {
        problems: [
          { ...PROBLEMS[0]!, edits: [{ ...PROBLEMS[0]!.edits[0]!, steps: PROBLEMS[0]!.chain.steps }] },
        ],
      },
      /changes nothing/,
    ],
  ])("refuses %o", async (change, message) => {
    const asked = faithfulness(model, CODEC, { ...OPTIONS, problems: PROBLEMS, ...change }, NEVER_CANCELLED);
    await expect(asked).rejects.toThrow(message);
  });
});

describe("whom an answer follows", () => {
  it("has three ways where the edit says another answer, else two", () => {
    expect(answerFollows([4], [3], [4])).toBe("edit");
    expect(answerFollows([3], [3], [4])).toBe("original");
    expect(answerFollows([5], [3], [4])).toBe("neither");
    expect(answerFollows([5], [3], undefined)).toBe("changed");
    expect(answerFollows([5], [3], [3])).toBe("changed");
  });

  it("sees the original value where the chain copies the number", () => {
    const from = { original: "7", edited: "9", copyIndex: 1 };
    expect(restores(" . last Ann 4 - 7 = 3 .", from)).toBe(true);
    expect(restores(" . last Ann 4 - 9 = 5 .", from)).toBe(false);
    expect(restores(" . last Ann 4 - 17 .", from)).toBeUndefined();
    expect(restores(" 4 7", { original: "7", edited: "9" })).toBeUndefined();
  });
});
