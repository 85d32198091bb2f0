/** Edits against a model: what fits, and the sentence with the model's numbers where something does not. */
import { expect, it } from "vitest";
import type { Edit } from "../../protocol/interventions";
import { misfit } from "./editFit";
import type { NewEdit } from "../../protocol/interventions";
import { TEST_MODEL } from "../../ui/state/testEngine";

const GROUPED = { ...TEST_MODEL, nKvHeads: 2 };
const edit = (draft: NewEdit): Edit => ({ ...draft, id: "e1", on: true }) as Edit;
const zero = (fields: Partial<NewEdit>) =>
  edit({ kind: "zero", site: "attn.z", strength: 1, ...fields } as NewEdit);
const named = { text: "a", tokens: [1] };

it.each([
  ["a head", zero({ heads: [3], layers: [0, 3] })],
  ["a neuron", zero({ site: "mlp.post", dims: [383] } as Partial<NewEdit>)],
  ["a site without layer", zero({ site: "embed" } as Partial<NewEdit>)],
  ["patterns", edit({ kind: "freeze", what: "patterns" })],
  [
    "a direction",
    edit({
      kind: "add",
      site: "attn.z",
      coefficient: 1,
      direction: { kind: "vector", name: "v", values: Array(96).fill(0) },
    }),
  ],
])("lets %s be", (_, fine) => {
  expect(misfit(fine, TEST_MODEL)).toBeUndefined();
});

it.each([
  [zero({ layers: [1, 4] }), "ledger has 4 layers, 0 to 3: there is no layer 4."],
  [zero({ heads: [4] }), "attn.z has 4 heads, 0 to 3: there is no head 4."],
  [
    zero({ site: "attn.k", heads: [2] } as Partial<NewEdit>),
    "attn.k has 2 heads, 0 to 1: there is no head 2.",
  ],
  [zero({ dims: [24] }), "attn.z has 24 dims, 0 to 23: there is no dim 24."],
  [
    zero({ site: "mlp.post", dims: [384] } as Partial<NewEdit>),
    "mlp.post has 384 neurons, 0 to 383: there is no neuron 384.",
  ],
  [zero({ site: "mlp_out", heads: [0] } as Partial<NewEdit>), "mlp_out has no heads."],
  [zero({ site: "attn.pattern", dims: [0] } as Partial<NewEdit>), "attn.pattern has keys, not dimensions."],
  [zero({ site: "attn.rot_q" } as Partial<NewEdit>), "ledger has no site attn.rot_q."],
  [
    edit({ kind: "mask", heads: [7], pairs: [{}], op: "hide", empty: "zeros" }),
    "ledger has 4 heads, 0 to 3: there is no head 7.",
  ],
  [edit({ kind: "knockOut", heads: [7] }), "ledger has 4 heads, 0 to 3: there is no head 7."],
  [
    edit({
      kind: "mean",
      site: "attn.scores",
      over: { name: "s", prompts: [named] },
      by: "token",
      strength: 1,
    }),
    "attn.scores has keys, which differ from prompt to prompt: it has no mean.",
  ],
  [
    edit({ kind: "patch", site: "attn.pattern", from: named, align: "token", strength: 1 }),
    "attn.pattern has keys, which are positions: align it by position.",
  ],
  [
    edit({
      kind: "add",
      site: "resid_pre",
      coefficient: 1,
      direction: { kind: "vector", name: "love.npy", values: [1, 2] },
    }),
    "love.npy has 2 numbers, resid_pre of ledger has 96.",
  ],
  [
    edit({ kind: "token", position: 0, token: 1000, text: "x" }),
    "ledger has 1000 tokens: there is no token 1000.",
  ],
  [edit({ kind: "freeze", what: "norms" }), "ledger shows no norm scales."],
])("refuses %j", (odd, sentence) => {
  expect(misfit(odd, { ...GROUPED, sites: TEST_MODEL.sites.filter((site) => !site.endsWith("scale")) })).toBe(
    sentence,
  );
});

it("does not take the tokens of one tokenizer for those of another", () => {
  const patch = edit({ kind: "patch", site: "resid_pre", from: named, align: "position", strength: 1 });
  expect(misfit(patch, { ...TEST_MODEL, vocabulary: "one" }, "one")).toBeUndefined();
  expect(misfit(patch, { ...TEST_MODEL, vocabulary: "two" }, "one")).toMatch(/another tokenizer/);
  expect(misfit(zero({}), { ...TEST_MODEL, vocabulary: "two" }, "one")).toBeUndefined();
});
