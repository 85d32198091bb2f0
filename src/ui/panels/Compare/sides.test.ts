import { describe, expect, it } from "vitest";
import type { TokenInfo } from "../../../protocol/api";
import type { Edit } from "../../../protocol/interventions";
import { TEST_MODEL } from "../../state/testEngine";
import { isSameQuestion, questionOf, readSide, sharesTokens, type Side, type SideQuestion } from "./sides";

const token = (id: number): TokenInfo => ({ id, text: ` ${id}`, special: false });
const OTHER = { ...TEST_MODEL, name: "other", dVocab: 7, vocabulary: "b" };
const ZERO: Edit = { kind: "zero", id: "e1", on: true, site: "mlp_out", strength: 1 };
const THIS = { prompt: "this", text: "", stack: "none", slot: "main" } as const;

const session = (other?: typeof TEST_MODEL) =>
  ({
    model: TEST_MODEL,
    other: { model: other },
    prompt: { tokens: [1, 2] },
    tokens: [token(1), token(2)],
    edits: { active: [ZERO] },
    addBos: false,
  }) as unknown as Parameters<typeof questionOf>[0];

/** Notes how it was asked; one character is one token. */
const engine = {
  tokenize: async (text: string, addBos: boolean | undefined, slot = "main") =>
    [...`${slot}:${addBos}:${text}`].map((char, id) => ({ id, text: char, special: false })),
  detokenize: async (ids: readonly number[]) => ids.join("+"),
  describeTokens: async (ids: readonly number[]) => ids.map(token),
};
const textOf = (tokens: readonly TokenInfo[]) => tokens.map(({ text }) => text).join("");
const asked = (question: SideQuestion | string | undefined): SideQuestion => {
  if (typeof question !== "object") throw new Error(question);
  return question;
};

describe("a side", () => {
  it("says what is missing", () => {
    expect(questionOf(session(), "left", { ...THIS, slot: "other" }, [])).toMatch(
      /left side asks for a second/,
    );
    expect(questionOf(session(), "right", { ...THIS, prompt: "text", text: " " }, [])).toMatch(
      /^Type a text/,
    );
    const writing = { ...session(), prompt: undefined };
    expect(questionOf(writing, "left", THIS, [])).toBeUndefined();
  });

  it("has the edits that it names, those of B only where they are on", () => {
    const off = { ...ZERO, on: false };
    const edits = (stack: "none" | "current" | "kept") =>
      asked(questionOf(session(), "left", { ...THIS, stack }, [ZERO, off])).edits;
    expect([edits("none"), edits("current"), edits("kept")]).toEqual([[], [ZERO], [ZERO]]);
  });

  it("gives the strip's tokens to a model that reads them alike, and their text to another", async () => {
    const same = { ...TEST_MODEL, name: "same" };
    const read = async (other: typeof TEST_MODEL) =>
      readSide(engine, asked(questionOf(session(other), "right", { ...THIS, slot: "other" }, [])));
    expect(await read(same)).toMatchObject({ isStrip: true, tokens: [token(1), token(2)] });
    const again = await read(OTHER);
    expect([again.isStrip, textOf(again.tokens)]).toEqual([false, "other:undefined:1+2"]);
    await expect(read({ ...OTHER, hasTokenizer: false })).rejects.toThrow("type token ids for its side");
  });

  it("reads another text, or token ids where there is no tokenizer", async () => {
    const text = { ...THIS, prompt: "text", text: "3 4" } as const;
    const mine = await readSide(engine, asked(questionOf(session(), "left", text, [])));
    expect(textOf(mine.tokens)).toBe("main:false:3 4");
    const bare = { ...OTHER, hasTokenizer: false };
    const ids = questionOf(session(bare), "left", { ...text, slot: "other" }, []);
    expect((await readSide(engine, asked(ids))).tokens.map(({ id }) => id)).toEqual([3, 4]);
    const words = questionOf(session(bare), "left", { ...text, text: "a", slot: "other" }, []);
    await expect(readSide(engine, asked(words))).rejects.toThrow("type token ids from 0 to 6");
  });
});

it("takes vocabularies for equal where size and spellings are, or where one cannot tell", () => {
  // The test model has no vocabulary of its own.
  const model = (dVocab: number, vocabulary?: string) => ({
    ...TEST_MODEL,
    dVocab,
    ...(vocabulary && { vocabulary }),
  });
  expect(sharesTokens(model(5, "a"), model(5, "a"))).toBe(true);
  expect(sharesTokens(model(5, "a"), model(5))).toBe(true);
  expect(sharesTokens(model(5, "a"), model(5, "b"))).toBe(false);
  expect(sharesTokens(model(5, "a"), model(6, "a"))).toBe(false);
});

it("knows equal questions by what they ask, not by how their edits are written", () => {
  const side = (edits: readonly Edit[]): Side => ({
    ...{ slot: "main", info: TEST_MODEL, edits, promptWords: "", isStrip: true, tokens: [token(1)] },
    source: { kind: "tokens", tokens: [] },
  });
  const turned = Object.fromEntries(Object.entries({ ...ZERO, id: "e9" }).reverse()) as unknown as Edit;
  expect(isSameQuestion(side([ZERO]), side([turned]))).toBe(true);
  expect(isSameQuestion(side([ZERO]), side([{ ...ZERO, strength: 0.5 } as Edit]))).toBe(false);
  expect(isSameQuestion(side([ZERO]), side([]))).toBe(false);
});
