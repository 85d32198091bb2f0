/** Drafts: every kind makes its edit, comes back unchanged, and says in a sentence what is wrong. */
import { describe, expect, it } from "vitest";
import type { Edit } from "../../protocol/interventions";
import { draftOf, newDraft } from "./editDraft";
import { EDIT_KINDS, detailsOf, type EditDraft } from "./details/index";
import type { DraftReader } from "./details/editDetails";
import { readDraft } from "./readDraft";
import { TEST_MODEL } from "../../ui/state/testEngine";

const WORDS = new Map<string, number>();
const words = (text: string) =>
  (text.match(/\s*\S+/g) ?? []).map((word) => {
    const id = WORDS.get(word) ?? 2 + WORDS.size;
    WORDS.set(word, id);
    return { id, text: word, special: false };
  });
const reader: DraftReader = {
  model: TEST_MODEL,
  nTokens: 9,
  attached: new Set(["00"]),
  prompt: async (text) => [{ id: 0, text: "<s>", special: true }, ...words(text)],
  piece: async (text) => words(text),
};
const BLANK = newDraft(TEST_MODEL, { layer: 1, head: 2, position: 3 });
const set = { name: "s", prompts: [{ text: "a", tokens: [0, 1] }] };
const read = async (fields: Partial<EditDraft>) => readDraft({ ...BLANK, ...fields }, reader);
const idsOf = (text: string) => [0, ...words(text).map(({ id }) => id)];
const here = { site: "attn.z", layers: [1], heads: [2] } as const;

const MADE: readonly (readonly [Partial<EditDraft>, object])[] = [
  [{}, { kind: "zero", ...here, strength: 1 }],
  [
    { layers: "", heads: "0-1, 3", dims: "5", positions: "from 4", strength: 0.5 },
    { kind: "zero", site: "attn.z", heads: [0, 1, 3], dims: [5], positions: { from: 4 }, strength: 0.5 },
  ],
  // A site without heads takes none of what stands in their field.
  [
    { site: "mlp.post", dims: "383" },
    { kind: "zero", site: "mlp.post", layers: [1], dims: [383], strength: 1 },
  ],
  [
    { site: "embed", layers: "99" },
    { kind: "zero", site: "embed", strength: 1 },
  ],
  [
    { kind: "mean", set, by: "position" },
    { kind: "mean", ...here, over: set, by: "position", strength: 1 },
  ],
  [
    { kind: "resample", set, seed: 9 },
    { kind: "resample", ...here, from: set, seed: 9, strength: 1 },
  ],
  [
    { kind: "patch", other: "Ann has", align: "token", positions: "3, 5-6" },
    {
      kind: "patch",
      ...here,
      from: { text: "Ann has", tokens: idsOf("Ann has") },
      align: "token",
      positions: [3, 5, 6],
      strength: 1,
    },
  ],
  [
    { kind: "scale", factor: -2 },
    { kind: "scale", ...here, factor: -2 },
  ],
  [
    { kind: "add", coefficient: 4, plus: "love", minus: "hate", over: "all" },
    {
      kind: "add",
      ...here,
      coefficient: 4,
      direction: {
        kind: "difference",
        plus: { text: "love", tokens: idsOf("love") },
        minus: { text: "hate", tokens: idsOf("hate") },
        over: "all",
      },
    },
  ],
  [
    { kind: "add", direction: "vector", vector: { name: "v.npy", values: Array<number>(96).fill(1) } },
    {
      kind: "add",
      ...here,
      coefficient: 1,
      direction: { kind: "vector", name: "v.npy", values: Array<number>(96).fill(1) },
    },
  ],
  [
    { kind: "knockOut", queries: "8", keys: "2, 3" },
    { kind: "knockOut", layers: [1], heads: [2], queries: [8], keys: [2, 3] },
  ],
  [
    { kind: "mask", pairs: "3 <- 0..2; 5.. <- self", empty: "uniform" },
    {
      ...{ kind: "mask", layers: [1], heads: [2], op: "hide", empty: "uniform" },
      pairs: [
        { queries: [3], keys: [0, 1, 2] },
        { queries: { from: 5 }, keys: "self" },
      ],
    },
  ],
  [
    { kind: "mask", layers: "", heads: "", maskOp: "only", pairs: "1,0\n0,0" },
    {
      ...{ kind: "mask", op: "only", empty: "zeros" },
      pairs: [
        { queries: [0], keys: [0] },
        { queries: [1], keys: [] },
      ],
    },
  ],
  [
    { kind: "score", pairs: "2 <- 1", scoreOp: "add", value: 1.5 },
    { kind: "score", layers: [1], heads: [2], pairs: [{ queries: [2], keys: [1] }], op: "add", value: 1.5 },
  ],
  [
    { kind: "token", position: 4, text: " Bob" },
    { kind: "token", position: 4, token: words(" Bob")[0]?.id, text: " Bob" },
  ],
  [
    {
      ...{ kind: "latent", sae: { name: "a", sha256: "00" }, latents: "3, 8", op: "clamp" },
      ...{ amount: 4, error: "dropped", positions: "from 2" },
    },
    {
      ...{ kind: "latent", sae: { name: "a", sha256: "00" }, latents: [3, 8], op: "clamp" },
      ...{ amount: 4, error: "dropped", positions: { from: 2 } },
    },
  ],
  [
    { kind: "freeze", layers: "" },
    { kind: "freeze", what: "patterns" },
  ],
];

describe("a draft", () => {
  it.each(MADE)("%j makes its edit, and the edit its draft", async (fields, edit) => {
    const made = await read(fields);
    expect(made).toEqual({ edit });
    const back = draftOf({ ...edit, id: "e1", on: true } as Edit, BLANK, false);
    expect(await readDraft(back, reader)).toEqual({ edit });
  });

  it("has a name of its own for every field that only one kind has", () => {
    const at = { layer: 0, head: 0, position: 0 };
    const own = EDIT_KINDS.flatMap((kind) => Object.keys(detailsOf(kind).first(at)));
    const shared = [
      "kind",
      "site",
      "layers",
      "heads",
      "dims",
      "positions",
      "strength",
      "set",
      "pairs",
      "known",
    ];
    expect(new Set([...own, ...shared])).toEqual(new Set(Object.keys(BLANK)));
    expect(own.length + shared.length).toBe(Object.keys(BLANK).length);
  });

  it("is tried for every kind", () => {
    expect(new Set(MADE.map(([{ kind = "zero" }]) => kind))).toEqual(new Set(EDIT_KINDS));
  });

  it.each<readonly [Partial<EditDraft>, string | RegExp]>([
    [{ layers: "4" }, "layer 4 does not exist: there are layers 0 to 3."],
    [{ heads: "9" }, "head 9 does not exist: there are heads 0 to 3."],
    [{ dims: "24" }, "dim 24 does not exist: there are dims 0 to 23."],
    [{ positions: "256" }, "position 256 does not exist: there are positions 0 to 255."],
    [{ positions: "now" }, /“now” is no position/],
    [{ strength: 1.5 }, "Strength: give a number from 0 to 1."],
    [{ strength: NaN }, "Strength: give a number from 0 to 1."],
    [{ kind: "scale", factor: 1e9 }, "Factor: give a number from −1000000 to 1000000."],
    [{ kind: "mean" }, "Choose a set of prompts."],
    [{ kind: "patch", other: " " }, "Type the prompt to take values from."],
    [
      { kind: "patch", other: "a ".repeat(256) },
      "The prompt to take values from has 257 tokens; this model reads 256.",
    ],
    [{ kind: "patch", other: "a", site: "attn.pattern", align: "token" }, /align it by position/],
    [{ kind: "add", plus: "a" }, "Type the prompt that it points away from."],
    [{ kind: "add", direction: "vector" }, /Choose a file/],
    [
      { kind: "add", direction: "vector", vector: { name: "v.npy", values: [1] } },
      "v.npy has 1 numbers, attn.z of ledger has 96.",
    ],
    [{ kind: "knockOut", heads: "4" }, "head 4 does not exist: there are heads 0 to 3."],
    [{ kind: "mask", pairs: "" }, /at least one rule/],
    [{ kind: "mask", pairs: "1,0\n1,1" }, /A matrix says what is seen/],
    [{ kind: "score", pairs: "1 <- x" }, /“x” names no key/],
    [{ kind: "score", pairs: "1 <- 0", value: NaN }, /Value: give a number/],
    [{ kind: "knockOut", queries: "999" }, /position 999 does not exist/],
    [{ kind: "token", position: 9, text: "a" }, "Choose a position from 0 to 8."],
    [{ kind: "token", text: "" }, /^Type the text/],
    [{ kind: "token", text: "Ann has" }, "“Ann has” is 2 tokens; the new text must be exactly one."],
  ])("%j says what is wrong", async (fields, wrong) => {
    const answer = await read(fields);
    expect("wrong" in answer && answer.wrong).toMatch(wrong);
  });

  it("keeps tokens that did not come from reading their text", async () => {
    const patch = {
      ...{ id: "e1", on: true, kind: "patch", ...here, strength: 1, align: "position" },
      from: { text: "Ann has", tokens: [5, 6, 7] },
    } as Edit;
    expect(await readDraft(draftOf(patch, BLANK, false), reader)).toMatchObject({
      edit: { from: { tokens: [5, 6, 7] } },
    });
    // Of another tokenizer: read again.
    expect(await readDraft(draftOf(patch, BLANK, true), reader)).toMatchObject({
      edit: { from: { tokens: idsOf("Ann has") } },
    });
  });

  it("says what the tokenizer says", async () => {
    const failing = { ...reader, prompt: () => Promise.reject(new Error("“x” is no token id.")) };
    expect(await readDraft({ ...BLANK, kind: "patch", other: "x" }, failing)).toEqual({
      wrong: "“x” is no token id.",
    });
  });
});
