/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header that
 * names each tensor's dtype, shape and byte range, then the data. The header is distrusted: every count and
 * offset is checked before anything is read or allocated.
 */
import { VitrineError } from "../../protocol/errors";
import type { ByteFile } from "./source";

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
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch (cause) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: the safetensors header is not valid JSON; copy it again.`,
      { cause },
    );
  }
  if (!isObject(json)) throw bad("the safetensors header is not an object");
  const { __metadata__: metadata = {}, ...rest } = json;
  if (!isObject(metadata)) throw bad("the header's __metadata__ is not an object");
  const entries = Object.entries(rest);
  if (entries.length > MAX_TENSORS)
    throw bad(`the header names ${entries.length} tensors, more than ${MAX_TENSORS}`);
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
  const bad = (message: string) => new VitrineError("BadFile", `${fileName}: tensor ${name} ${message}`);
  if (!isObject(value)) throw bad("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = value;
  const elementBytes = typeof dtype === "string" ? dtypeBytes(dtype) : undefined;
  if (typeof dtype !== "string" || elementBytes === undefined) {
    const known = [...Object.keys(DTYPE_BYTES), ...Object.keys(OTHER_DTYPE_BYTES)].join(", ");
    throw new VitrineError(
      "Unsupported",
      `${fileName}: tensor ${name} has dtype ${JSON.stringify(dtype)}; known: ${known}`,
    );
  }
  if (!isSizeList(shape) || shape.length > MAX_RANK)
    throw bad(`has shape ${JSON.stringify(shape)}, expected at most ${MAX_RANK} sizes`);
  if (!isSizeList(offsets) || offsets.length !== 2)
    throw bad(`has data_offsets ${JSON.stringify(offsets)}, expected [start, end]`);
  const [from = 0, to = 0] = offsets;
  const bytes = shape.reduce((product, n) => product * n, elementBytes);
  if (!Number.isSafeInteger(bytes) || to - from !== bytes) {
    throw bad(`has ${to - from} bytes, but shape [${shape.join(", ")}] of ${dtype} needs ${bytes}`);
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
        `${fileName}: tensor ${name} ${what} ${previous} (byte ${start}, expected ${expected})`,
      );
    }
    expected = end;
    previous = `tensor ${name}`;
  }
  if (expected !== fileBytes) {
    throw new VitrineError(
      "BadFile",
      `${fileName}: ${fileBytes - expected} bytes belong to no tensor; the file is damaged.`,
    );
  }
}

function dtypeBytes(dtype: string): number | undefined {
  const all: Readonly<Record<string, number>> = { ...DTYPE_BYTES, ...OTHER_DTYPE_BYTES };
  return Object.hasOwn(all, dtype) ? all[dtype] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** Writes F32 tensors. Names keep their order. */
export function writeSafetensors(
  tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const range = [offset, (offset += data.byteLength)];
    return [name, { dtype: "F32", shape, data_offsets: range }];
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const encoded = new TextEncoder().encode(json);
  // The data starts at a multiple of 8, padded with spaces as the format asks.
  const headerBytes = Math.ceil(encoded.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset).fill(0x20, 8, 8 + headerBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(encoded, 8);
  let at = 8 + headerBytes;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
