/** A tokenizer of another model is said at load, and its ids reach no model. */
import { expect, it } from "vitest";
import { CancelToken } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import { fittingTokenizer } from "./fittingTokenizer";
import { fileFromBytes } from "../formats/bytes/source";
import { filesFromFolder } from "../formats/bytes/sourceNode";
import type { Tokenizer } from "../formats/tokenizer/tokenizer";
import { OpenModels } from "./openModels";

const ofSize = (vocabSize: number) => ({ vocabSize }) as Tokenizer;

it.each([
  [50_295, 1000, false, /knows 50,295 tokens and the model has 1,000: it belongs to another model/],
  [200, 85, false, /left aside; type token ids, or drop this model’s own tokenizer\.json/],
  [85, 50_257, true, /may belong to another model/],
])("%i tokens for %i rows", (tokens, rows, isKept, sentence) => {
  const { tokenizer, notes } = fittingTokenizer(ofSize(tokens), rows);
  expect(tokenizer !== undefined).toBe(isKept);
  expect(notes.join(" ")).toMatch(sentence);
});

// GPT-2, Pythia and Phi pad their rows; Gemma 3's tokenizer has one token more than the model.
it.each([
  [50_257, 50_257],
  [50_254, 50_304],
  [50_295, 51_200],
  [262_145, 262_144],
  [88, 85],
])("%i tokens fit %i rows", (tokens, rows) => {
  expect(fittingTokenizer(ofSize(tokens), rows).notes).toEqual([]);
});

it("opens the model all the same, by token ids", async () => {
  const files = await filesFromFolder("static/models/ledger");
  const vocab = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`w${i}`, i]));
  const json = {
    model: { type: "WordLevel", vocab, unk_token: "w0" },
    pre_tokenizer: { type: "WhitespaceSplit" },
  };
  const other = fileFromBytes("tokenizer.json", new TextEncoder().encode(JSON.stringify(json)));
  const models = new OpenModels(async () => [...files.filter(({ name }) => name !== other.name), other]);
  const info = await models.load("main", await createCpuDevice(), {
    ...{ source: { kind: "embedded", name: "ledger" }, precision: "auto", token: new CancelToken() },
  });
  expect(info.hasTokenizer).toBe(false);
  expect(info.notes.join(" ")).toContain("knows 300 tokens and the model has 85");
});
