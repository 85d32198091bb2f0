/** From what stands in the editor's fields to an edit, or to a sentence that says why it makes none. */
import { LARGEST_AMOUNT } from "./editAmount";
import { readPairs } from "./attentionPairs";
import type { ModelInfo, TokenInfo } from "../../protocol/api";
import type { Direction, Edit, NamedTokens, PromptSet } from "../../protocol/interventions";
import type { EditDraft } from "./editDraft";
import { misfit, type FitModel } from "./editFit";
import type { NewEdit } from "../../protocol/interventions";
import { parseIndices, parsePositions } from "./indexList";
import { dimName, isBlockSite, siteSize } from "./siteSize";

/** What a draft is read with. */
export interface DraftReader {
  readonly model: FitModel & Pick<ModelInfo, "nCtx">;
  /** Tokens of the prompt on screen. */
  readonly nTokens: number;
  /** SHA-256 of the attached autoencoders. */
  readonly attached: ReadonlySet<string>;
  /** A prompt, with BOS as the visitor has it. */
  prompt(text: string): Promise<readonly TokenInfo[]>;
  /** A text without BOS. */
  piece(text: string): Promise<readonly TokenInfo[]>;
}

/** Thrown inside, never out: what is wrong, for the visitor. */
class Wrong extends Error {}

/** The edit that a draft makes, or a sentence that says why it makes none. */
export async function readDraft(
  draft: EditDraft,
  reader: DraftReader,
): Promise<{ readonly edit: NewEdit } | { readonly wrong: string }> {
  try {
    const edit = await editOf(draft, reader);
    const why = misfit({ ...edit, id: "", on: true } as Edit, reader.model, undefined, reader.attached);
    return why === undefined ? { edit } : { wrong: why };
  } catch (error) {
    if (error instanceof Wrong) return { wrong: error.message };
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

function indicesOf(text: string, thing: string, count?: number): readonly number[] | undefined {
  const parsed = parseIndices(text, thing, count);
  if ("wrong" in parsed) throw new Wrong(parsed.wrong);
  return parsed.indices.length > 0 ? parsed.indices : undefined;
}

function positionsOf(text: string, { model }: DraftReader) {
  const parsed = parsePositions(text, model.nCtx);
  if ("wrong" in parsed) throw new Wrong(parsed.wrong);
  return parsed.positions;
}

/** Only what is there: an absent field means all, and stays absent in links. */
const present = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

function layersOf({ layers }: EditDraft, { model }: DraftReader) {
  return present({ layers: indicesOf(layers, "layer", model.nLayers) });
}

function placeOf(draft: EditDraft, reader: DraftReader) {
  const { site } = draft;
  const { heads, width } = siteSize(reader.model, site);
  return {
    site,
    ...(isBlockSite(site) ? layersOf(draft, reader) : {}),
    ...present({
      heads: heads === undefined ? undefined : indicesOf(draft.heads, "head", heads),
      dims: width === undefined ? undefined : indicesOf(draft.dims, dimName(site), width),
      positions: positionsOf(draft.positions, reader),
    }),
  };
}

/** Layers, heads and pairs of masks and scores; of a matrix also that it says what is seen. */
function pairsOf(draft: EditDraft, reader: DraftReader) {
  const read = readPairs(draft.pairs);
  if ("wrong" in read) throw new Wrong(read.wrong);
  const { pairs, isMatrix } = read;
  const place = {
    ...layersOf(draft, reader),
    ...present({ heads: indicesOf(draft.heads, "head", reader.model.nHeads) }),
  };
  return { place, pairs, isMatrix };
}

/** Within bounds, or a sentence that names them. */
function numberOf(value: number, name: string, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw new Wrong(`${name}: give a number from ${low} to ${high}.`.replaceAll("-", "−"));
}

async function named(
  text: string,
  draft: EditDraft,
  reader: DraftReader,
  what: string,
): Promise<NamedTokens> {
  if (text.trim() === "") throw new Wrong(`Type the ${what}.`);
  const known = draft.known.find((one) => one.text === text);
  const tokens = known?.tokens ?? (await reader.prompt(text)).map(({ id }) => id);
  const { nCtx } = reader.model;
  if (tokens.length > nCtx)
    throw new Wrong(`The ${what} has ${tokens.length} tokens; this model reads ${nCtx}.`);
  return { text, tokens };
}

function setOf({ set }: EditDraft): PromptSet {
  if (set) return set;
  throw new Wrong("Choose a set of prompts.");
}

async function directionOf(draft: EditDraft, reader: DraftReader): Promise<Direction> {
  if (draft.direction === "vector") {
    if (!draft.vector) throw new Wrong("Choose a file with the direction: .json, .npy or .safetensors.");
    return { kind: "vector", name: draft.vector.name, values: draft.vector.values };
  }
  const plus = await named(draft.plus, draft, reader, "prompt that the direction points to");
  const minus = await named(draft.minus, draft, reader, "prompt that it points away from");
  return { kind: "difference", plus, minus, over: draft.over };
}

async function editOf(draft: EditDraft, reader: DraftReader): Promise<NewEdit> {
  const { kind } = draft;
  const strength = () => numberOf(draft.strength, "Strength", 0, 1);
  switch (kind) {
    case "zero":
      return { kind, ...placeOf(draft, reader), strength: strength() };
    case "mean":
      return { kind, ...placeOf(draft, reader), strength: strength(), over: setOf(draft), by: draft.by };
    case "resample": {
      const seed = numberOf(Math.round(draft.seed), "Seed", 0, 0xffffffff);
      return { kind, ...placeOf(draft, reader), strength: strength(), from: setOf(draft), seed };
    }
    case "patch": {
      const place = placeOf(draft, reader);
      const from = await named(draft.other, draft, reader, "prompt to take values from");
      return { kind, ...place, strength: strength(), from, align: draft.align };
    }
    case "scale": {
      const factor = numberOf(draft.factor, "Factor", -LARGEST_AMOUNT, LARGEST_AMOUNT);
      return { kind, ...placeOf(draft, reader), factor };
    }
    case "add": {
      const coefficient = numberOf(draft.coefficient, "Coefficient", -LARGEST_AMOUNT, LARGEST_AMOUNT);
      return { kind, ...placeOf(draft, reader), coefficient, direction: await directionOf(draft, reader) };
    }
    case "knockOut":
      return {
        kind,
        ...layersOf(draft, reader),
        ...present({
          heads: indicesOf(draft.heads, "head", reader.model.nHeads),
          queries: positionsOf(draft.queries, reader),
          keys: positionsOf(draft.keys, reader),
        }),
      };
    case "mask": {
      const { place, pairs, isMatrix } = pairsOf(draft, reader);
      if (isMatrix && draft.maskOp !== "only")
        throw new Wrong("A matrix says what is seen: choose “all that these queries see”.");
      return { kind, ...place, pairs, op: draft.maskOp, empty: draft.empty };
    }
    case "score": {
      const { place, pairs, isMatrix } = pairsOf(draft, reader);
      if (isMatrix) throw new Wrong("Write the pairs as rules, for instance 3 <- 0..2.");
      const value = numberOf(draft.value, "Value", -LARGEST_AMOUNT, LARGEST_AMOUNT);
      return { kind, ...place, pairs, op: draft.scoreOp, value };
    }
    case "token":
      return tokenOf(draft, reader);
    case "freeze":
      return { kind, what: draft.what, ...layersOf(draft, reader) };
    case "latent": {
      const { sae, op, error } = draft;
      if (!sae) throw new Wrong("Choose a latent in the Features panel.");
      const latents = indicesOf(draft.latents, "latent") ?? [];
      if (latents.length === 0 && error === "kept")
        throw new Wrong(
          "Name at least one latent, or drop the error term to put the reconstruction in place.",
        );
      const amount = numberOf(draft.amount, "Amount", -LARGEST_AMOUNT, LARGEST_AMOUNT);
      const positions = positionsOf(draft.positions, reader);
      return { kind, sae, latents, op, amount, error, ...present({ positions }) };
    }
  }
}

async function tokenOf({ position, text }: EditDraft, reader: DraftReader): Promise<NewEdit> {
  const { nTokens } = reader;
  if (!(Number.isInteger(position) && position >= 0 && position < nTokens)) {
    throw new Wrong(
      nTokens === 0 ? "There are no tokens yet." : `Choose a position from 0 to ${nTokens - 1}.`,
    );
  }
  if (text === "") throw new Wrong("Type the text of the new token, with its leading space if it has one.");
  const [token, ...more] = await reader.piece(text);
  if (!token || more.length > 0) {
    throw new Wrong(`“${text}” is ${token ? more.length + 1 : 0} tokens; the new text must be exactly one.`);
  }
  return { kind: "token", position, token: token.id, text: token.text };
}
