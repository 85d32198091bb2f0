/** Stacks of edits for chains: one of every kind, by positions that steps lie before, at and behind. */
import type { Edit } from "../../../protocol/interventions";
import { CHAIN, FILLER } from "./coalitionTrie.samples";
import { named, stack } from "../interventions/identities.samples";

/** Where the parts of `CHAIN` begin in its whole text. */
export const STARTS = { steps: [4, 7, 11, 12, 15, 17], cue: 19, answer: 22 };

/** Another prompt, as long as the first half of the chain; tokens 4, 5 and 1 are in both. */
const OTHER = named([2, 9, 4, 8, 1, 6, 5, 12, 0, 3, 4, 7]);
const SET = { name: "others", prompts: [OTHER, named([5, 5, 1, 2, 3, 9, 9, 4])] };
const resid = { site: "resid_post", layers: [0] } as const;
const vector = {
  kind: "vector",
  name: "ramp",
  values: Array.from({ length: 8 }, (_, i) => i / 4 - 1),
} as const;
/** Tokens of steps 0, 1, 3 and of the cue, and the answer's first. */
const POSITIONS = [5, 8, 10, 13, 20, 22];
/** Of every token of the cue and the answer's first: a mask of them leaves rows that see nothing. */
const ALL_KEYS = { queries: [20, 21, 22] };

export const STACKS: Readonly<Record<string, readonly Edit[]>> = {
  "zero, everywhere": stack({ kind: "zero", site: "mlp_out", layers: [1], strength: 1 }),
  "zero at positions": stack({ kind: "zero", ...resid, positions: POSITIONS, strength: 0.7 }),
  "scale from a position on": stack({ kind: "scale", ...resid, positions: { from: 12 }, factor: 1.5 }),
  "scale from within a step": stack({ kind: "scale", ...resid, positions: { from: 9 }, factor: 0.5 }),
  "add at positions": stack({
    kind: "add",
    ...resid,
    positions: POSITIONS,
    coefficient: 2,
    direction: vector,
  }),
  "mean by position": stack({ kind: "mean", site: "attn_out", over: SET, by: "position", strength: 1 }),
  "mean by token": stack({ kind: "mean", site: "mlp_out", over: SET, by: "token", strength: 0.5 }),
  "resample of heads": stack({
    ...{ kind: "resample", site: "attn.z", heads: [1], from: SET, seed: 3, strength: 1 },
  }),
  "patch by position": stack({ kind: "patch", ...resid, from: OTHER, align: "position", strength: 1 }),
  "patch by token": stack({ kind: "patch", ...resid, from: OTHER, align: "token", strength: 1 }),
  "patch of patterns": stack({
    ...{ kind: "patch", site: "attn.pattern", layers: [1], from: OTHER, align: "position", strength: 0.5 },
  }),
  "zero of patterns": stack({
    ...{ kind: "zero", site: "attn.pattern", heads: [0], positions: { from: 11 }, strength: 0.5 },
  }),
  "knock-out": stack({ kind: "knockOut", layers: [1], heads: [0], keys: POSITIONS, queries: { from: 11 } }),
  "mask that empties rows": stack({ kind: "mask", pairs: [ALL_KEYS], op: "hide", empty: "zeros" }),
  "mask of keys": stack({
    ...{ kind: "mask", layers: [1], heads: [0], op: "hide", empty: "zeros" },
    pairs: [{ queries: { from: 11 }, keys: POSITIONS }],
  }),
  "scores by position": stack(
    { kind: "score", layers: [0], op: "add", value: 1.5, pairs: [{ queries: { from: 9 }, keys: POSITIONS }] },
    { kind: "score", layers: [1], heads: [1], op: "set", value: -1, pairs: [{ keys: [5, 12] }] },
  ),
  "mask, then frozen patterns": stack(
    { kind: "mask", pairs: [ALL_KEYS], op: "hide", empty: "zeros" },
    { kind: "score", op: "add", value: 2, pairs: [{ keys: POSITIONS }] },
    { kind: "freeze", what: "patterns" },
  ),
  "frozen patterns of one layer, then mask": stack(
    { kind: "freeze", what: "patterns", layers: [1] },
    { kind: "mask", pairs: [ALL_KEYS], op: "hide", empty: "zeros" },
    { kind: "add", ...resid, coefficient: 1, direction: vector },
  ),
  token: stack(
    { kind: "token", position: 8, token: 7, text: "seven" },
    { kind: "token", position: 21, token: 2, text: "two" },
  ),
  "tokens that become the filler, under frozen patterns": stack(
    { kind: "token", position: 8, token: FILLER, text: "filler" },
    // All of its step: absent or not, it reads the same under the edits, but not without them.
    { kind: "token", position: 11, token: FILLER, text: "filler" },
    { kind: "token", position: 21, token: FILLER, text: "filler" },
    { kind: "add", ...resid, coefficient: 1, direction: vector },
    { kind: "freeze", what: "patterns" },
  ),
  "logits at the answer": stack({
    ...{ kind: "scale", site: "logits", positions: [21], factor: 0.5 },
  }),
  "frozen patterns": stack(
    { kind: "freeze", what: "patterns" },
    { kind: "add", ...resid, coefficient: 1, direction: vector },
  ),
  "frozen norms": stack(
    { kind: "scale", ...resid, positions: POSITIONS, factor: 3 },
    { kind: "token", position: 5, token: 9, text: "nine" },
    { kind: "freeze", what: "norms" },
  ),
  "a long stack": stack(
    { kind: "knockOut", keys: [0] },
    { kind: "patch", ...resid, from: OTHER, align: "position", strength: 0.5 },
    { kind: "freeze", what: "patterns", layers: [1] },
    { kind: "zero", site: "attn.pattern", layers: [1], heads: [1], strength: 0.5 },
    { kind: "zero", site: "attn.z", heads: [0], positions: POSITIONS, strength: 1 },
    { kind: "token", position: 12, token: 3, text: "three" },
  ),
};

/** The whole text of `CHAIN`. */
export const TEXT = [...CHAIN.prompt, ...CHAIN.steps.flat(), ...CHAIN.answerPrefix, ...CHAIN.answer];
