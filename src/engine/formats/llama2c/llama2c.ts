/**
 * llama2.c checkpoints (github.com/karpathy/llama2.c, export.py): a `.bin` with a header of sizes and f32 weights,
 * in the legacy layout or as version 1, and a `tokenizer.bin` beside it. Both are known by their content. The model
 * becomes a Hugging Face Llama; nothing in the file says so more clearly than its sizes, which must add up.
 */
import { VitrineError } from "../../../protocol/errors";
import {
  FREQUENCIES,
  legacyTensors,
  version1Tensors,
  type Llama2cSizes,
  type Llama2cTensor,
} from "./llama2cTensors";
import { vocabularyBeside } from "./llama2cTokenizer";
import { readTokenizerFiles } from "../tokenizer/tokenizerFiles";
import type { Json } from "../bytes/json";
import type { ModelFiles, StoredTensor } from "../storedModel";
import { filesEnding, type ByteFile, type FileSet } from "../bytes/source";

const LEGACY_HEADER_BYTES = 28;
const VERSION1_HEADER_BYTES = 256;
/** "ak42" as a little-endian number. */
const MAGIC = 0x616b3432;
/** In version 1: magic, version, seven sizes, whether the embedding is the classifier too. */
const [VERSION_AT, SIZES_AT, TIED_AT] = [4, 8, 36];

/** Beyond these the first bytes of a file are no sizes. In the header's order. */
const MOST = [65_536, 1 << 20, 1024, 1024, 1024, 2_000_000, 1 << 22];
const F32_BYTES = 4;
/** In a small set each file is looked into; in a large folder only those with the usual name. */
const SMALL_SET = 64;

interface Header {
  readonly sizes: Llama2cSizes;
  readonly tensors: readonly Llama2cTensor[];
  readonly headerBytes: number;
}

export async function readLlama2c(files: FileSet): Promise<ModelFiles | undefined> {
  if (filesEnding(files, ".safetensors").length > 0) return undefined;
  const candidates = files.length > SMALL_SET ? filesEnding(files, ".bin") : files;
  const found: { file: ByteFile; header: Header }[] = [];
  for (const file of candidates) {
    const header = await readHeader(file);
    if (header) found.push({ file, header });
  }
  const [only] = found;
  if (only === undefined) return undefined;
  if (found.length > 1) {
    throw new VitrineError(
      "BadFile",
      `There are ${found.length} llama2.c checkpoints (${found.map(({ file }) => file.name).join(", ")}); choose one.`,
    );
  }
  const { file, header } = only;
  const tensors = place(file, header);
  return {
    layout: "llama2c",
    config: configOf(header.sizes),
    tensors,
    weightFiles: [file],
    ...(await readTokenizer(files, header.sizes)),
  };
}

/** Undefined if the file does not begin as a checkpoint does. */
async function readHeader(file: ByteFile): Promise<Header | undefined> {
  const bytes = await file.slice(0, VERSION1_HEADER_BYTES);
  if (bytes.length < LEGACY_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) {
    const sizes = readSizes(view, 0);
    return sizes && { sizes, tensors: legacyTensors(sizes), headerBytes: LEGACY_HEADER_BYTES };
  }
  const version = view.getInt32(VERSION_AT, true);
  if (version !== 1) {
    throw new VitrineError(
      "Unsupported",
      `${file.name} is a llama2.c checkpoint of version ${version}; Vitrine reads version 0 and 1: export it with --version 1.`,
    );
  }
  const sizes = bytes.length < VERSION1_HEADER_BYTES ? undefined : readSizes(view, SIZES_AT);
  if (sizes === undefined) {
    throw new VitrineError("BadFile", `${file.name}: the llama2.c header's sizes cannot be; copy it again.`);
  }
  const tied = { ...sizes, isTied: view.getUint8(TIED_AT) === 1 };
  return { sizes: tied, tensors: version1Tensors(tied), headerBytes: VERSION1_HEADER_BYTES };
}

/** Undefined if they could not be those of a model. */
function readSizes(view: DataView, at: number): Llama2cSizes | undefined {
  const numbers = MOST.map((_, i) => view.getInt32(at + i * 4, true));
  const [dim = 0, hiddenDim = 0, nLayers = 0, nHeads = 0, nKvHeads = 0, vocab = 0, seqLen = 0] = numbers;
  const vocabSize = Math.abs(vocab);
  const sizes = [dim, hiddenDim, nLayers, nHeads, nKvHeads, vocabSize, seqLen];
  const isModel =
    sizes.every((size, i) => size > 0 && size <= (MOST[i] ?? 0)) &&
    dim % (2 * nHeads) === 0 &&
    nHeads % nKvHeads === 0;
  if (!isModel) return undefined;
  // A negative vocabulary says that the classifier has weights of its own.
  return { dim, hiddenDim, nLayers, nHeads, nKvHeads, vocabSize, seqLen, isTied: vocab > 0 };
}

function place(file: ByteFile, { tensors, sizes, headerBytes }: Header): Map<string, StoredTensor> {
  const dHead = sizes.dim / sizes.nHeads;
  const placed = new Map<string, StoredTensor>();
  let start = headerBytes;
  for (const { name, shape, isInterleaved } of tensors) {
    const end = start + shape.reduce((product, n) => product * n, F32_BYTES);
    const entry = { name, dtype: "F32", shape, start, end };
    if (name !== FREQUENCIES)
      placed.set(name, { file, entry, ...(isInterleaved && { interleavedHeads: { dHead } }) });
    start = end;
  }
  if (start === file.size) return placed;
  const { dim, hiddenDim, nLayers, nHeads, nKvHeads, vocabSize, seqLen } = sizes;
  throw new VitrineError(
    "BadFile",
    `${file.name} has ${file.size} bytes, but a llama2.c model of dim ${dim}, hidden_dim ${hiddenDim}, n_layers ${nLayers}, n_heads ${nHeads}, n_kv_heads ${nKvHeads}, vocab_size ${vocabSize}, seq_len ${seqLen} has ${start}; copy it again.`,
  );
}

/** The constants are run.c's. */
function configOf({
  dim,
  hiddenDim,
  nLayers,
  nHeads,
  nKvHeads,
  vocabSize,
  seqLen,
  isTied,
}: Llama2cSizes): Json {
  return {
    model_type: "llama",
    hidden_size: dim,
    intermediate_size: hiddenDim,
    num_hidden_layers: nLayers,
    num_attention_heads: nHeads,
    num_key_value_heads: nKvHeads,
    head_dim: dim / nHeads,
    vocab_size: vocabSize,
    max_position_embeddings: seqLen,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: "silu",
    tie_word_embeddings: isTied,
    bos_token_id: 1,
    eos_token_id: 2,
  };
}

type TokenizerPart = Pick<ModelFiles, "tokenizerJson" | "tokenizerConfig" | "generationConfig" | "notes">;

/** `tokenizer.json` if it is there, else llama2.c's own. */
async function readTokenizer(files: FileSet, { vocabSize }: Llama2cSizes): Promise<TokenizerPart> {
  const companions = await readTokenizerFiles(files);
  if (companions.tokenizerJson) return companions;
  const beside = await vocabularyBeside(files, vocabSize);
  return (
    beside ?? { notes: ["tokenizer.bin not found: token ids only, or drop it together with the model."] }
  );
}
