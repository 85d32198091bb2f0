/** Every kind of edit in words. */
import { expect, it } from "vitest";
import type { Edit } from "../../protocol/interventions";
import { EDIT_KINDS } from "./details/index";
import type { NewEdit } from "../../protocol/interventions";
import { editScope, editsText, editText } from "./chipText";

const edit = (draft: NewEdit): Edit => ({ ...draft, id: "e1", on: true }) as Edit;
const named = (text: string) => ({ text, tokens: [1, 2] });
const set = { name: "ledger problems, seed 7", prompts: [named("a"), named("b")] };

const SAE = { name: "resid 8", sha256: "ab".repeat(32) };

const CASES: readonly (readonly [NewEdit, string])[] = [
  [
    { kind: "zero", site: "attn.z", layers: [2], heads: [3], strength: 1 },
    "zero blocks.2 attn.z head 3 · all positions",
  ],
  [
    { kind: "zero", site: "mlp.post", dims: [4, 9], positions: [3, 5, 6], strength: 0.5 },
    "zero all blocks mlp.post neurons 4, 9 · positions 3, 5–6 · strength 0.5",
  ],
  [
    { kind: "mean", site: "mlp_out", layers: [0, 1, 3], over: set, by: "token", strength: 1 },
    "mean blocks.0–1,3 mlp_out over ledger problems, seed 7 (n = 2) · all positions",
  ],
  [
    { kind: "mean", site: "embed", over: set, by: "position", strength: 1, dims: [7] },
    "mean embed dim 7 over ledger problems, seed 7 (n = 2) by position · all positions",
  ],
  [
    {
      kind: "resample",
      site: "attn.v",
      layers: [1],
      from: set,
      seed: 9,
      strength: 1,
      positions: { from: 4 },
    },
    "resample blocks.1 attn.v from ledger problems, seed 7 (n = 2) seed 9 · positions from 4 on",
  ],
  [
    {
      kind: "patch",
      site: "resid_pre",
      layers: [2],
      from: named("Ann\nhas 3"),
      align: "position",
      strength: 1,
      positions: [5],
    },
    "patch blocks.2 resid_pre from “Ann has 3” · position 5",
  ],
  [
    { kind: "patch", site: "logits", from: named("x".repeat(40)), align: "token", strength: 0.25 },
    `patch logits from “${"x".repeat(24)}…” by token · all positions · strength 0.25`,
  ],
  [
    { kind: "scale", site: "attn_out", layers: [0], factor: -2 },
    "scale blocks.0 attn_out · all positions · × −2",
  ],
  [
    {
      kind: "add",
      site: "resid_pre",
      layers: [1],
      coefficient: 4,
      direction: { kind: "difference", plus: named(" love"), minus: named(" hate"), over: "last" },
    },
    "add to blocks.1 resid_pre “ love” − “ hate” (last token) · all positions · × 4",
  ],
  [
    {
      kind: "add",
      site: "resid_post",
      layers: [1],
      coefficient: -0.5,
      direction: { kind: "vector", name: "love.npy", values: [1] },
    },
    "add to blocks.1 resid_post love.npy · all positions · × −0.5",
  ],
  [
    { kind: "knockOut", layers: [2], heads: [0, 1], queries: [9], keys: { from: 3 } },
    "knock out attention blocks.2 heads 0–1 · query position 9 to key positions from 3 on",
  ],
  [{ kind: "knockOut" }, "knock out attention all blocks · all queries to all keys but their own"],
  [{ kind: "token", position: 5, token: 17, text: " Bob" }, "token at position 5 becomes “ Bob”"],
  [
    { kind: "latent", sae: SAE, latents: [3, 4, 9], op: "ablate", amount: 0, error: "kept" },
    "ablate latents 3–4, 9 of resid 8 · all positions",
  ],
  [
    {
      ...{ kind: "latent", sae: SAE, latents: [3], op: "clamp", amount: -2, error: "dropped" },
      positions: { from: 4 },
    },
    "clamp latent 3 of resid 8, error term dropped · positions from 4 on · to −2",
  ],
  [
    { kind: "latent", sae: SAE, latents: [], op: "ablate", amount: 0, error: "dropped" },
    "reconstruction of resid 8 in place · all positions",
  ],
  [
    {
      kind: "mask",
      layers: [1],
      heads: [0],
      pairs: [{ queries: [3], keys: [0, 1, 2] }],
      op: "hide",
      empty: "zeros",
    },
    "mask attention blocks.1 head 0, hidden 3 <- 0..2",
  ],
  [
    { kind: "mask", pairs: [{ queries: { from: 4 }, keys: "self" }], op: "only", empty: "uniform" },
    "mask attention all blocks, seen alone 4.. <- self · rows that see nothing uniform",
  ],
  [
    { kind: "score", pairs: [{ queries: [2], keys: [0] }], op: "add", value: -1.5 },
    "attention score all blocks at 2 <- 0 · + −1.5",
  ],
  [{ kind: "freeze", what: "patterns" }, "freeze attention patterns all blocks"],
  [{ kind: "freeze", what: "norms", layers: [0, 1] }, "freeze norm scales blocks.0–1"],
];

it.each(CASES)("says %j", (draft, text) => {
  expect(editText(edit(draft))).toBe(text);
});

it("has a case for every kind", () => {
  expect(new Set(CASES.map(([{ kind }]) => kind))).toEqual(new Set(EDIT_KINDS));
});

it("tells long masks apart", () => {
  const long = (last: number) => {
    const pairs = [...Array(30).keys(), last].map((query) => ({ queries: [query], keys: [0] }));
    return editText(edit({ kind: "mask", pairs, op: "hide", empty: "zeros" }));
  };
  expect(long(40)).toContain("(31 rules, ");
  expect(long(40)).not.toBe(long(41));
});

it("leaves the amount to the field beside the chip", () => {
  expect(editScope(edit({ kind: "scale", site: "embed", factor: 3 }))).toBe("scale embed · all positions");
});

it("says a stack in order, or that there is none", () => {
  const edits = [edit({ kind: "scale", site: "embed", factor: 0 }), edit({ kind: "freeze", what: "norms" })];
  expect(editsText(edits)).toBe("edits: scale embed · all positions · × 0; freeze norm scales all blocks");
  expect(editsText([])).toBe("no edits");
});
