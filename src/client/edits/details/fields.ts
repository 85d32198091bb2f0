/**
 * The fields that edits are made of: what a link may say, how it stands in a draft, how a draft is read. Each is bounded,
 * so that a stranger's link can never ask for much.
 */
import * as v from "valibot";
import type {
  AttentionPairs,
  EditSite,
  NamedTokens,
  Positions,
  PromptSet,
} from "../../../protocol/interventions";
import { BLOCK_SITES, MODEL_SITES, type BlockSiteName } from "../../../protocol/sites";
import { between, indices, label, listOf, number, text, tokens, whole } from "../../link/fields";
import { readPairs } from "../attentionPairs";
import { formatIndices, parseIndices, parsePositions, writePositions } from "../indexList";
import { LARGEST_AMOUNT } from "../chips/words";
import { dimName, isBlockSite, siteSize } from "../siteSize";
import { Wrong, type DraftReader, type Field, type SharedDraft } from "./editDetails";
import { writePairs } from "../../../protocol/writePairs";

const MAX_PROMPTS = 1024;
/** A matrix of 0 and 1 has at most this many rows that differ. */
const MAX_PAIRS = 512;

const SITES = [...Object.keys(BLOCK_SITES), ...Object.keys(MODEL_SITES)] as (BlockSiteName & EditSite)[];
const POSITIONS = v.union([indices, v.strictObject({ from: whole })], "is neither a list nor a start");
const PAIRS = listOf(
  v.strictObject({
    queries: v.optional(POSITIONS),
    keys: v.optional(v.union([POSITIONS, v.literal("self")], "is no list, no start and not “self”")),
  }),
  MAX_PAIRS,
);
export const NAMED = v.strictObject({ text, tokens });
const PROMPT_SET = v.strictObject({ name: label, prompts: listOf(NAMED, MAX_PROMPTS) });

type Has<N extends string, T> = Record<N, T>;
const only = <N extends string, T>(name: N, value: T) => ({ [name]: value }) as Has<N, T>;
type Indices = readonly number[] | undefined;
const listText = (list: Indices) => (list ? formatIndices(list) : "");

/** The list, or undefined where nothing is typed. */
export function indicesOf(typed: string, thing: string, count?: number): Indices {
  const parsed = parseIndices(typed, thing, count);
  if ("wrong" in parsed) throw new Wrong(parsed.wrong);
  return parsed.indices.length > 0 ? parsed.indices : undefined;
}

/** Within bounds, or a sentence that names them. */
export function bounded(value: number, name: string, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw new Wrong(`${name}: give a number from ${low} to ${high}.`.replaceAll("-", "−"));
}

/** A prompt by its tokens: those that are known, else as it is read now. */
export async function namedOf(
  typed: string,
  { known }: Pick<SharedDraft, "known">,
  reader: DraftReader,
  what: string,
): Promise<NamedTokens> {
  if (typed.trim() === "") throw new Wrong(`Type the ${what}.`);
  const found = known.find((one) => one.text === typed);
  const ids = found?.tokens ?? (await reader.prompt(typed)).map(({ id }) => id);
  const { nCtx } = reader.model;
  if (ids.length > nCtx) throw new Wrong(`The ${what} has ${ids.length} tokens; this model reads ${nCtx}.`);
  return { text: typed, tokens: ids };
}

type LayersField = Field<Indices, Pick<SharedDraft, "site" | "layers">>;
export const layers: LayersField = {
  schema: v.optional(indices),
  write: (list) => ({ layers: listText(list) }),
  read: (draft, { model }) => indicesOf(draft.layers, "layer", model.nLayers),
};

export const heads: Field<Indices, Pick<SharedDraft, "heads">> = {
  schema: v.optional(indices),
  write: (list) => ({ heads: listText(list) }),
  read: (draft, { model }) => indicesOf(draft.heads, "head", model.nHeads),
};

export const positions = <N extends string>(key: N): Field<Positions | undefined, Has<N, string>> => ({
  schema: v.optional(POSITIONS),
  write: (value) => only(key, writePositions(value)),
  read(draft, { model }) {
    const parsed = parsePositions(draft[key], model.nCtx);
    if ("wrong" in parsed) throw new Wrong(parsed.wrong);
    return parsed.positions;
  },
});

const site: Field<EditSite, Pick<SharedDraft, "site">> = {
  schema: v.picklist(SITES),
  write: (name) => ({ site: name }),
  read: (draft) => draft.site,
};

const siteLayers: LayersField = {
  ...layers,
  read: (draft, reader) => (isBlockSite(draft.site) ? layers.read(draft, reader) : undefined),
};

const siteHeads: Field<Indices, Pick<SharedDraft, "site" | "heads">> = {
  ...heads,
  read(draft, { model }) {
    const { heads: count } = siteSize(model, draft.site);
    return count === undefined ? undefined : indicesOf(draft.heads, "head", count);
  },
};

const dims: Field<Indices, Pick<SharedDraft, "site" | "dims">> = {
  schema: v.optional(indices),
  write: (list) => ({ dims: listText(list) }),
  read(draft, { model }) {
    const { width } = siteSize(model, draft.site);
    return width === undefined ? undefined : indicesOf(draft.dims, dimName(draft.site), width);
  },
};

/** Where an edit of a site acts. */
export const place = { site, layers: siteLayers, heads: siteHeads, dims, positions: positions("positions") };

/** How far a value takes the place of x. */
export const strength: Field<number, Pick<SharedDraft, "strength">> = {
  schema: between(0, 1),
  write: (value) => ({ strength: value }),
  read: (draft) => bounded(draft.strength, "Strength", 0, 1),
};

/** A number whose size is free. */
export const amount = <N extends string>(key: N, name: string): Field<number, Has<N, number>> => ({
  schema: number,
  write: (value) => only(key, value),
  read: (draft) => bounded(draft[key], name, -LARGEST_AMOUNT, LARGEST_AMOUNT),
});

export const seed: Field<number, Has<"seed", number>> = {
  schema: whole,
  write: (value) => ({ seed: value }),
  read: (draft) => bounded(Math.round(draft.seed), "Seed", 0, 0xffffffff),
};

export const choice = <N extends string, const T extends string>(
  key: N,
  values: readonly T[],
): Field<T, Has<N, T>> => ({
  schema: v.picklist(values),
  write: (value) => only(key, value),
  read: (draft) => draft[key],
});

/** A set is chosen again where its tokens mean something else. */
export const promptSet: Field<PromptSet, Pick<SharedDraft, "set">> = {
  schema: PROMPT_SET,
  write: (set, isForeign) => ({ set: isForeign ? undefined : set }),
  read({ set }) {
    if (set) return set;
    throw new Wrong("Choose a set of prompts.");
  },
};

/** `what`: the prompt, in the sentence that asks for it. */
export const prompt = <N extends string>(
  key: N,
  what: string,
): Field<NamedTokens, Has<N, string> & Pick<SharedDraft, "known">> => ({
  schema: NAMED,
  write: (from, isForeign) =>
    ({ ...only(key, from.text), known: isForeign ? [] : [from] }) as Has<N, string> &
      Pick<SharedDraft, "known">,
  read: (draft, reader) => namedOf(draft[key], draft, reader, what),
});

/** `refuseMatrix`: why this draft takes no matrix, if it takes none. */
export const pairs = <D extends Pick<SharedDraft, "pairs">>(
  refuseMatrix: (draft: D) => string | undefined,
): Field<readonly AttentionPairs[], D> => ({
  schema: PAIRS,
  write: (value) => ({ pairs: writePairs(value) }) as Partial<D>,
  read(draft) {
    const found = readPairs(draft.pairs);
    if ("wrong" in found) throw new Wrong(found.wrong);
    const why = found.isMatrix ? refuseMatrix(draft) : undefined;
    if (why !== undefined) throw new Wrong(why);
    return found.pairs;
  },
});
