/**
 * llama2.c's tokenizer (github.com/karpathy/llama2.c, tokenizer.py and run.c): the length of the longest token, then
 * score, length and text of each. It is a SentencePiece BPE vocabulary with its spaces written as spaces; a GGUF file
 * holds the same in other words, so it is read as one.
 */
import { VitrineError } from "../../../protocol/errors";
import { ggufTokenizer, type GgufTokenizer } from "../gguf/ggufTokenizer";
import type { ByteFile, FileSet } from "../bytes/source";

const HEADER_BYTES = 4;
/** Score and length. */
const TOKEN_BYTES = 8;
/** 128 k tokens have 3 MB. */
const MAX_FILE_BYTES = 64_000_000;
const MIN_TOKENS = 3;
const SPACE = "▁";
const UNKNOWN_TEXT = "<unk>";

/** Ids that are the same in every such model, and their usual spelling (the file's has line feeds in it). */
const [UNKNOWN, BOS, EOS] = [0, 1, 2];
const SPELLED: ReadonlyMap<number, string> = new Map([
  [BOS, "<s>"],
  [EOS, "</s>"],
]);
/** Types as GGUF numbers them. */
const [NORMAL_TYPE, UNKNOWN_TYPE, CONTROL_TYPE, BYTE_TYPE] = [1, 2, 3, 6];

export interface Llama2cVocabulary {
  readonly tokens: readonly string[];
  readonly scores: readonly number[];
}

/** The tokenizer that some file of a set holds; one for a larger vocabulary than the model's is another model's. */
export async function vocabularyBeside(
  files: FileSet,
  vocabSize: number,
): Promise<(Partial<GgufTokenizer> & { readonly notes: readonly string[] }) | undefined> {
  for (const file of files) {
    if (!(await looksLikeVocabulary(file))) continue;
    const vocabulary = await readVocabulary(file);
    const { length } = vocabulary.tokens;
    if (length <= vocabSize) return tokenizerOf(file, vocabulary);
    const note = `${file.name} has ${length} tokens and the model ${vocabSize}: it belongs to another model, token ids only.`;
    return { notes: [note] };
  }
  return undefined;
}

/** True for a file that begins with SentencePiece's unknown token. */
async function looksLikeVocabulary(file: ByteFile): Promise<boolean> {
  const textAt = HEADER_BYTES + TOKEN_BYTES;
  const bytes = await file.slice(0, textAt + UNKNOWN_TEXT.length);
  const isLong = bytes.length > textAt && file.size <= MAX_FILE_BYTES;
  return (
    isLong &&
    viewOf(bytes).getInt32(HEADER_BYTES + 4, true) === UNKNOWN_TEXT.length &&
    new TextDecoder().decode(bytes.subarray(textAt)) === UNKNOWN_TEXT
  );
}

export async function readVocabulary(file: ByteFile): Promise<Llama2cVocabulary> {
  const bytes = await file.slice(0, file.size);
  const view = viewOf(bytes);
  const longest = view.getInt32(0, true);
  const [tokens, scores]: [string[], number[]] = [[], []];
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const id = tokens.length;
    const length = at + TOKEN_BYTES <= bytes.length ? view.getInt32(at + 4, true) : -1;
    const start = at + TOKEN_BYTES;
    if (length < 0 || length > longest || start + length > bytes.length) {
      throw bad(
        file,
        `token ${id} at byte ${at} has ${length} bytes, expected 0 to ${Math.min(longest, Math.max(0, bytes.length - start))}`,
      );
    }
    const score = view.getFloat32(at, true);
    if (!Number.isFinite(score)) throw bad(file, `token ${id} at byte ${at} has the score ${score}`);
    scores.push(score);
    tokens.push(SPELLED.get(id) ?? textOf(file, id, bytes.subarray(start, start + length)));
    at = start + length;
  }
  if (tokens.length >= MIN_TOKENS) return { tokens, scores };
  throw bad(file, `it has ${tokens.length} tokens, expected at least ${MIN_TOKENS}`);
}

function tokenizerOf(file: ByteFile, { tokens, scores }: Llama2cVocabulary): GgufTokenizer {
  const fields = {
    model: "llama",
    tokens,
    scores,
    token_type: tokens.map(typeOf),
    bos_token_id: BOS,
    eos_token_id: EOS,
    unknown_token_id: UNKNOWN,
  };
  const metadata = Object.entries(fields).map(([name, value]) => [`tokenizer.ggml.${name}`, value] as const);
  return ggufTokenizer(file.name, new Map(metadata));
}

function typeOf(token: string, id: number): number {
  if (id === UNKNOWN) return UNKNOWN_TYPE;
  if (id === BOS || id === EOS) return CONTROL_TYPE;
  return /^<0x[0-9A-F]{2}>$/.test(token) ? BYTE_TYPE : NORMAL_TYPE;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(file: ByteFile, id: number, bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return decoder.decode(bytes).replaceAll(" ", SPACE);
  } catch (cause) {
    throw bad(file, `token ${id} is no UTF-8 text`, { cause });
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) =>
  new DataView(buffer, byteOffset, byteLength);

const bad = ({ name }: ByteFile, problem: string, options?: ErrorOptions) =>
  new VitrineError("BadFile", `${name} (llama2.c tokenizer): ${problem}; copy it again.`, options);
