/** Edits in links: what `interventions.ts` says, field by field, strict and bounded. */
import * as v from "valibot";
import { EMPTY_ROWS, LATENT_OPS, MASK_OPS, SCORE_OPS, type Edit, type EditSite } from "../interventions";
import { between, indices, label, listOf, number, text, tokens, whole } from "./fields";
import { BLOCK_SITES, MODEL_SITES, type BlockSiteName } from "../sites";

const MAX_EDITS = 64;
const MAX_PROMPTS = 1024;
/** Numbers of a direction. */
const MAX_VALUES = 200_000;

const SITES = [...Object.keys(BLOCK_SITES), ...Object.keys(MODEL_SITES)] as (BlockSiteName & EditSite)[];

const positions = v.union([indices, v.strictObject({ from: whole })], "is neither a list nor a start");
/** A matrix of 0 and 1 has at most this many rows that differ. */
const MAX_PAIRS = 512;
const pairs = listOf(
  v.strictObject({
    queries: v.optional(positions),
    keys: v.optional(v.union([positions, v.literal("self")], "is no list, no start and not “self”")),
  }),
  MAX_PAIRS,
);
const named = v.strictObject({ text, tokens });
const promptSet = v.strictObject({ name: label, prompts: listOf(named, MAX_PROMPTS) });
const share = between(0, 1);

const base = { id: label, on: v.boolean() };
const place = {
  ...base,
  site: v.picklist(SITES),
  layers: v.optional(indices),
  heads: v.optional(indices),
  dims: v.optional(indices),
  positions: v.optional(positions),
};
const replacement = { ...place, strength: share };
const over = v.picklist(["last", "all"]);

const DIRECTION = v.variant("kind", [
  v.strictObject({ kind: v.literal("difference"), plus: named, minus: named, over }),
  v.strictObject({ kind: v.literal("vector"), name: label, values: listOf(number, MAX_VALUES) }),
]);

const EDIT = v.variant("kind", [
  v.strictObject({ kind: v.literal("zero"), ...replacement }),
  v.strictObject({
    kind: v.literal("mean"),
    ...replacement,
    over: promptSet,
    by: v.picklist(["token", "position"]),
  }),
  v.strictObject({ kind: v.literal("resample"), ...replacement, from: promptSet, seed: whole }),
  v.strictObject({
    kind: v.literal("patch"),
    ...replacement,
    from: named,
    align: v.picklist(["position", "token"]),
  }),
  v.strictObject({ kind: v.literal("scale"), ...place, factor: number }),
  v.strictObject({ kind: v.literal("add"), ...place, coefficient: number, direction: DIRECTION }),
  v.strictObject({
    kind: v.literal("knockOut"),
    ...base,
    layers: v.optional(indices),
    heads: v.optional(indices),
    queries: v.optional(positions),
    keys: v.optional(positions),
  }),
  v.strictObject({
    kind: v.literal("mask"),
    ...base,
    layers: v.optional(indices),
    heads: v.optional(indices),
    pairs,
    op: v.picklist(MASK_OPS),
    empty: v.picklist(EMPTY_ROWS),
  }),
  v.strictObject({
    kind: v.literal("score"),
    ...base,
    layers: v.optional(indices),
    heads: v.optional(indices),
    pairs,
    op: v.picklist(SCORE_OPS),
    value: number,
  }),
  v.strictObject({ kind: v.literal("token"), ...base, position: whole, token: whole, text: label }),
  v.strictObject({
    kind: v.literal("freeze"),
    ...base,
    what: v.picklist(["patterns", "norms"]),
    layers: v.optional(indices),
  }),
  v.strictObject({
    kind: v.literal("latent"),
    ...base,
    sae: v.strictObject({ name: label, sha256: label }),
    latents: indices,
    op: v.picklist(LATENT_OPS),
    amount: number,
    error: v.picklist(["kept", "dropped"]),
    positions: v.optional(positions),
  }),
]);

/** The schema's output is the protocol's type; the compiler holds the two together. */
export const EDITS: v.GenericSchema<unknown, Edit[]> = listOf(EDIT, MAX_EDITS);

/** A stack of edits that a panel carries as JSON; none if that is not one. */
export function editsOfJson(json: string): readonly Edit[] {
  try {
    const read = v.safeParse(EDITS, JSON.parse(json));
    return read.success ? read.output : [];
  } catch {
    return [];
  }
}
