/**
 * The header of a GGUF file, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md): magic, counts, metadata as
 * typed key-value pairs, then name, shape, type and offset of each tensor; the data follows, aligned. The header
 * has no length of its own, so it is read in growing slices until it is whole; every count is held against the
 * bytes that are left before anything is allocated for it.
 */
import { VitrineError } from "../../../protocol/errors";
import { GgufCursor, NeedsMoreBytes, type GgufValue } from "./ggufCursor";
import { GGML_TYPES } from "./ggmlTypes";
import type { TensorEntry } from "../safetensors";
import type { ByteFile } from "../bytes/source";

const FIRST_SLICE_BYTES = 1 << 20;
/** Each slice is this many times the one before; what is read again is a third of the whole. */
const GROWTH = 4;
/** Headers hold the tokenizer; those of 260 k tokens have 16 MB. */
const MAX_HEADER_BYTES = 128_000_000;
const MAX_TENSORS = 100_000;
const MAX_PAIRS = 100_000;
const MAX_RANK = 8;
const MAX_ALIGNMENT = 1 << 20;
const DEFAULT_ALIGNMENT = 32;
const VERSIONS = [2, 3];

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

export interface GgufHeader {
  readonly metadata: GgufMetadata;
  /** Shapes as everywhere here, outermost first (the file has them reversed); ranges count from the file's start. */
  readonly tensors: readonly TensorEntry[];
}

export function hasGgufMagic(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 4)) === "GGUF";
}

export async function readGgufHeader(file: ByteFile): Promise<GgufHeader> {
  for (let size = FIRST_SLICE_BYTES; ; size *= GROWTH) {
    const end = Math.min(size, file.size, MAX_HEADER_BYTES);
    try {
      return parseGgufHeader(file.name, await file.slice(0, end), file.size);
    } catch (error) {
      if (!(error instanceof NeedsMoreBytes)) throw error;
      if (end === file.size || end === MAX_HEADER_BYTES) throw endlessHeader(file, end);
    }
  }
}

function endlessHeader({ name, size }: ByteFile, end: number): VitrineError {
  const message =
    end === size
      ? `${name}: the file ends after ${size} bytes, inside its header; it is truncated, copy it again.`
      : `${name}: the header has more than ${MAX_HEADER_BYTES} bytes; it is damaged, copy it again.`;
  return new VitrineError("BadFile", message);
}

/** `bytes`: the start of the file. Throws `NeedsMoreBytes` if the header goes on behind them. */
function parseGgufHeader(fileName: string, bytes: Uint8Array<ArrayBuffer>, fileBytes: number): GgufHeader {
  const cursor = new GgufCursor(fileName, bytes, fileBytes);
  checkVersion(fileName, bytes, cursor);
  const tensorCount = cursor.count("tensor count", MAX_TENSORS);
  const pairCount = cursor.count("metadata count", MAX_PAIRS);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairCount; i++) {
    const key = cursor.name("metadata key");
    if (metadata.has(key))
      throw new VitrineError("BadFile", `${fileName}: metadata key ${key} stands twice; convert it again.`);
    metadata.set(key, cursor.value(key));
  }
  const infos = Array.from({ length: tensorCount }, () => tensorInfo(fileName, cursor));
  const alignment = alignmentOf(fileName, metadata);
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = infos.map((info) => locate(fileName, info, dataStart, alignment, fileBytes));
  checkTensors(fileName, tensors);
  return { metadata, tensors };
}

function checkVersion(fileName: string, bytes: Uint8Array, cursor: GgufCursor): void {
  cursor.skip(4);
  if (!hasGgufMagic(bytes)) {
    const found = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new VitrineError(
      "BadFile",
      `${fileName} begins with ${found}, expected "GGUF"; it is no GGUF file, check the download.`,
    );
  }
  const version = cursor.u32();
  if (VERSIONS.includes(version)) return;
  const turned = new DataView(Uint32Array.of(version).buffer).getUint32(0, false);
  throw new VitrineError(
    "Unsupported",
    VERSIONS.includes(turned)
      ? `${fileName}: GGUF version ${turned} in big-endian order; convert it to little-endian.`
      : `${fileName}: GGUF version ${version}; Vitrine reads versions ${VERSIONS.join(" and ")}, convert it again.`,
  );
}

interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly offset: number;
}

function tensorInfo(fileName: string, cursor: GgufCursor): TensorInfo {
  const name = cursor.name("tensor name");
  const rank = cursor.u32();
  if (rank > MAX_RANK) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: tensor ${name} has ${rank} dimensions, more than ${MAX_RANK}; copy it again.`,
    );
  }
  const sizes = Array.from({ length: rank }, () => cursor.u64(`a dimension of tensor ${name}`));
  return {
    name,
    shape: sizes.reverse(),
    type: cursor.u32(),
    offset: cursor.u64(`the offset of tensor ${name}`),
  };
}

function alignmentOf(fileName: string, metadata: GgufMetadata): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment === "number" && alignment >= 8 && alignment <= MAX_ALIGNMENT && alignment % 8 === 0)
    return alignment;
  throw new VitrineError(
    "BadFile",
    `${fileName}: general.alignment is ${String(alignment)}, expected a multiple of 8 up to ${MAX_ALIGNMENT}; convert it again.`,
  );
}

function locate(
  fileName: string,
  { name, shape, type, offset }: TensorInfo,
  dataStart: number,
  alignment: number,
  fileBytes: number,
): TensorEntry {
  const format = GGML_TYPES.get(type);
  if (format === undefined) {
    throw new VitrineError(
      "Unsupported",
      `${fileName}: tensor ${name} has ggml type ${type}, which Vitrine does not know; quantize the model as Q8_0 or Q4_K.`,
    );
  }
  const innermost = shape.at(-1) ?? 1;
  const blocks = shape.slice(0, -1).reduce((product, n) => product * n, innermost / format.values);
  // A zero anywhere makes the product zero, however large the others are.
  const bytes = shape.includes(0) ? 0 : blocks * format.bytes;
  const says = `tensor ${name}, ${format.name} of shape [${shape.join(", ")}],`;
  if (innermost % format.values !== 0 || !Number.isSafeInteger(bytes)) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: ${says} is not whole blocks of ${format.values}; copy it again.`,
    );
  }
  if (offset % alignment !== 0) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: ${says} has offset ${offset}, no multiple of the alignment ${alignment}; copy it again.`,
    );
  }
  const start = dataStart + offset;
  if (start + bytes > fileBytes) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: ${says} ends at byte ${start + bytes} of a file of ${fileBytes}; it is truncated, copy it again.`,
    );
  }
  return { name, dtype: format.name, shape, start, end: start + bytes };
}

/** Gaps are padding; two tensors never share a byte or a name. */
function checkTensors(fileName: string, tensors: readonly TensorEntry[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name))
      throw new VitrineError("BadFile", `${fileName}: tensor ${name} stands twice; convert it again.`);
    names.add(name);
  }
  let previous: TensorEntry | undefined;
  for (const tensor of [...tensors].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (previous && tensor.start < previous.end) {
      throw new VitrineError(
        "BadFile",
        `${fileName}: tensor ${tensor.name} begins at byte ${tensor.start}, inside tensor ${previous.name}; copy it again.`,
      );
    }
    previous = tensor;
  }
}
