/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header that
 * names each tensor's dtype, shape and byte range, then the data. The header is distrusted: every count and
 * offset is checked before anything is read or allocated.
 */
import { VitrineError } from "../../protocol/errors";
import { isJsonObject, parseJson, repeatedKey } from "./bytes/json";
import type { ByteFile } from "./bytes/source";

export { writeSafetensors } from "./writeSafetensors";

const MAX_HEADER_BYTES = 100_000_000;
const MAX_TENSORS = 100_000;
const MAX_RANK = 8;

/** Bytes per element of the dtypes that weights come in. */
export const DTYPE_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type FloatDtype = keyof typeof DTYPE_BYTES;

/** Dtypes that the format knows and a model may carry along, but that hold no float weights. */
const OTHER_DTYPE_BYTES: Readonly<Record<string, number>> = {
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  U16: 2,
  U32: 4,
  U64: 8,
};

export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte range in the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

export async function readSafetensorsHeader(file: ByteFile): Promise<SafetensorsHeader> {
  const prefix = await file.slice(0, 8);
  const length = headerLength(file.name, prefix, file.size);
  return parseSafetensorsHeader(file.name, await file.slice(8, 8 + length), file.size);
}

function headerLength(fileName: string, prefix: Uint8Array<ArrayBuffer>, fileBytes: number): number {
  if (prefix.length < 8) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: ${fileBytes} bytes is too short for a safetensors file; copy it again.`,
    );
  }
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > fileBytes) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: the header claims ${length} bytes, in a file of ${fileBytes}; it is truncated or no safetensors file.`,
    );
  }
  return length;
}

/** `header`: the JSON bytes alone. Ranges in the result count from the start of the file. */
export function parseSafetensorsHeader(
  fileName: string,
  header: Uint8Array<ArrayBuffer>,
  fileBytes: number,
): SafetensorsHeader {
  const bad = (message: string) => new VitrineError("BadFile", `${fileName}: ${message}`);
  const json = parseJson(header, `${fileName}: the safetensors header`);
  const repeated = repeatedKey(new TextDecoder().decode(header));
  if (repeated !== undefined) throw bad(`the header names ${shown(repeated)} twice; export it again`);
  const { __metadata__: metadata = {}, ...rest } = json;
  if (!isJsonObject(metadata)) throw bad("the header's __metadata__ is not an object; export it again");
  const entries = Object.entries(rest);
  if (entries.length > MAX_TENSORS)
    throw bad(`the header names ${entries.length} tensors, more than ${MAX_TENSORS}; check the file`);
  const dataStart = 8 + header.length;
  const tensors = entries.map(([name, value]) => parseEntry(fileName, name, value, dataStart, fileBytes));
  checkLayout(fileName, tensors, dataStart, fileBytes);
  const text = Object.entries(metadata).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string",
  );
  return { tensors, metadata: Object.fromEntries(text) };
}

function parseEntry(
  fileName: string,
  name: string,
  value: unknown,
  dataStart: number,
  fileBytes: number,
): TensorEntry {
  const bad = (message: string) =>
    new VitrineError("BadFile", `${fileName}: tensor ${shown(name)} ${message}`);
  if (!isJsonObject(value)) throw bad("is not described by an object; export it again");
  const { dtype, shape, data_offsets: offsets } = value;
  const elementBytes = typeof dtype === "string" ? dtypeBytes(dtype) : undefined;
  if (typeof dtype !== "string" || elementBytes === undefined) {
    const known = [...Object.keys(DTYPE_BYTES), ...Object.keys(OTHER_DTYPE_BYTES)].join(", ");
    throw new VitrineError(
      "Unsupported",
      `${fileName}: tensor ${shown(name)} has dtype ${shown(dtype)}; convert it to one of ${known}.`,
    );
  }
  if (!isSizeList(shape) || shape.length > MAX_RANK)
    throw bad(`has shape ${shown(shape)}, expected at most ${MAX_RANK} sizes; export it again`);
  if (!isSizeList(offsets) || offsets.length !== 2)
    throw bad(`has data_offsets ${shown(offsets)}, expected [start, end]; export it again`);
  const [from = 0, to = 0] = offsets;
  // A zero anywhere makes the product zero, however large the others are.
  const bytes = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, elementBytes);
  if (!Number.isSafeInteger(bytes) || to - from !== bytes) {
    throw bad(
      `has ${to - from} bytes, but shape [${shape.join(", ")}] of ${dtype} needs ${bytes}; export it again`,
    );
  }
  if (dataStart + to > fileBytes) {
    throw bad(
      `ends at byte ${dataStart + to} of a file of ${fileBytes}; the file is truncated, copy it again`,
    );
  }
  return { name, dtype, shape, start: dataStart + from, end: dataStart + to };
}

/** The format allows neither overlaps nor gaps. */
function checkLayout(
  fileName: string,
  tensors: readonly TensorEntry[],
  dataStart: number,
  fileBytes: number,
): void {
  let expected = dataStart;
  let previous = "the header";
  for (const { name, start, end } of [...tensors].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== expected) {
      const what = start < expected ? "overlaps" : "leaves a gap after";
      throw new VitrineError(
        "BadFile",
        `${fileName}: tensor ${shown(name)} ${what} ${previous} (byte ${start}, expected ${expected}); export it again.`,
      );
    }
    expected = end;
    previous = `tensor ${shown(name)}`;
  }
  if (expected !== fileBytes) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: ${fileBytes - expected} bytes belong to no tensor; copy it again.`,
    );
  }
}

function dtypeBytes(dtype: string): number | undefined {
  const all: Readonly<Record<string, number>> = { ...DTYPE_BYTES, ...OTHER_DTYPE_BYTES };
  return Object.hasOwn(all, dtype) ? all[dtype] : undefined;
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** A value for a message; hostile files have long ones. */
function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
