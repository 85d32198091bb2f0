/**
 * What a `tokenizer.json` must satisfy before the library sees it: known model type, bounded counts, whole ids,
 * and merges in the one form that the library reads. Files written since late 2024 hold merges as pairs.
 */
import { VitrineError } from "../../../protocol/errors";
import { isJsonObject, type Json } from "../bytes/json";

const MAX_VOCAB = 2_000_000;
const MAX_MERGES = 4_000_000;
const MAX_ADDED_TOKENS = 20_000;
const MODEL_TYPES = ["BPE", "WordLevel", "Unigram", "WordPiece"];

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

const bad = (problem: string) =>
  new VitrineError("BadFile", `tokenizer.json: ${problem}; download it again.`);
const unsupported = (problem: string) =>
  new VitrineError("Unsupported", `tokenizer.json: ${problem}; remove the file and type token ids instead.`);

/** The model with its type named and its merges as text. */
export function checkModel(model: unknown): Json {
  if (!isJsonObject(model)) throw bad("model is not an object");
  const type = model["type"] ?? guessType(model);
  if (typeof type !== "string" || !MODEL_TYPES.includes(type)) {
    throw unsupported(`model type ${JSON.stringify(type)} is not one of ${MODEL_TYPES.join(", ")}`);
  }
  checkVocab(type, model["vocab"]);
  if (type !== "BPE") return { ...model, type };
  if (model["continuing_subword_prefix"]) throw unsupported("model.continuing_subword_prefix is set for BPE");
  return { ...model, type, merges: mergesAsText(model["merges"]) };
}

/** Files of early versions do not name the type. */
function guessType(model: Json): string {
  if (model["merges"] !== undefined) return "BPE";
  if (Array.isArray(model["vocab"])) return "Unigram";
  return model["continuing_subword_prefix"] === undefined ? "WordLevel" : "WordPiece";
}

function checkVocab(type: string, vocab: unknown): void {
  if (type === "Unigram") {
    const isPiece = (piece: unknown) =>
      Array.isArray(piece) && typeof piece[0] === "string" && typeof piece[1] === "number";
    if (!Array.isArray(vocab) || vocab.length > MAX_VOCAB || !vocab.every(isPiece)) {
      throw bad(`model.vocab is not a list of at most ${MAX_VOCAB} pairs of text and score`);
    }
    return;
  }
  const ids = isJsonObject(vocab) ? Object.values(vocab) : [];
  if (ids.length === 0 || ids.length > MAX_VOCAB || !ids.every(isId)) {
    throw bad(`model.vocab does not map 1 to ${MAX_VOCAB} tokens to whole numbers`);
  }
}

const isId = (id: unknown): id is number =>
  typeof id === "number" && Number.isInteger(id) && id >= 0 && id < MAX_VOCAB * 2;

/** "a b" for ["a", "b"]; a part with a space has no such form. */
function mergesAsText(merges: unknown): string[] {
  if (!Array.isArray(merges) || merges.length > MAX_MERGES) {
    throw bad(`model.merges is not a list of at most ${MAX_MERGES}`);
  }
  return merges.map((merge: unknown, i) => {
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === "string")) {
      throw bad(`model.merges[${i}] is ${JSON.stringify(merge)}, not a pair`);
    }
    if (parts.some((part: string) => part.includes(" "))) {
      throw unsupported(`model.merges[${i}] is ${JSON.stringify(merge)}: a part with a space`);
    }
    return parts.join(" ");
  });
}

/**
 * Longest first: the library tries them in order at each place in the text, and the longest must win
 * ("<|ab|>" before "<|a").
 */
export function checkAddedTokens(tokens: unknown): (Json & AddedToken)[] {
  if (!Array.isArray(tokens) || tokens.length > MAX_ADDED_TOKENS) {
    throw bad(`added_tokens is not a list of at most ${MAX_ADDED_TOKENS}`);
  }
  const checked = tokens.map((token: unknown, i) => {
    const { id, content, special } = isJsonObject(token) ? token : {};
    if (!isJsonObject(token) || !isId(id) || typeof content !== "string" || content === "") {
      throw bad(`added_tokens[${i}] has no whole id and text`);
    }
    return { ...token, id, content, special: special === true };
  });
  return checked.sort((a, b) => b.content.length - a.content.length);
}
