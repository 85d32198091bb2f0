/** Writes small GGUF files (the format is described in `gguf.ts`): control vectors, and what tests read back. */
import { GGML_TYPES } from "./ggmlTypes";
import type { GgufValue } from "./ggufCursor";

/** Numbers become u32 if they are whole and not negative, else f32; this says otherwise. */
export interface TypedValue {
  readonly type: number;
  readonly value: GgufValue;
}

export interface GgufTensorToWrite {
  readonly name: string;
  /** Outermost size first, as everywhere here. */
  readonly shape: readonly number[];
  /** A name of `GGML_TYPES`. */
  readonly dtype: string;
  readonly bytes: Uint8Array;
}

export interface GgufToWrite {
  readonly version?: number;
  readonly metadata?: Readonly<Record<string, GgufValue | TypedValue>>;
  readonly tensors?: readonly GgufTensorToWrite[];
}

const ALIGNMENT = 32;
const [U32, F32, BOOLEAN, STRING, ARRAY] = [4, 6, 7, 8, 9];

/** By the number of the metadata type; booleans are bytes. */
const NUMBERS: Readonly<Record<number, (value: number) => ArrayBufferView>> = {
  0: (value) => Uint8Array.of(value),
  1: (value) => Int8Array.of(value),
  2: (value) => Uint16Array.of(value),
  3: (value) => Int16Array.of(value),
  4: (value) => Uint32Array.of(value),
  5: (value) => Int32Array.of(value),
  6: (value) => Float32Array.of(value),
  7: (value) => Uint8Array.of(value),
  10: (value) => BigUint64Array.of(BigInt(value)),
  11: (value) => BigInt64Array.of(BigInt(value)),
  12: (value) => Float64Array.of(value),
};

const padded = (length: number) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number) => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
const joined = (parts: readonly Uint8Array[]) => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return joined([u64(bytes.length), bytes]);
}

function typed(value: GgufValue | TypedValue): TypedValue {
  if (typeof value === "object" && "type" in value) return value;
  if (typeof value === "boolean") return { type: BOOLEAN, value };
  if (typeof value === "string") return { type: STRING, value };
  if (typeof value === "number") return { type: Number.isInteger(value) && value >= 0 ? U32 : F32, value };
  return { type: ARRAY, value };
}

/** The elements of an array are of one type: f32 if any of them needs it. */
function elementType(values: readonly GgufValue[]): number {
  const types = values.map((value) => typed(value).type);
  return types.includes(F32) ? F32 : (types[0] ?? U32);
}

function payload({ type, value }: TypedValue): Uint8Array {
  if (type === STRING) return text(String(value));
  if (type === ARRAY && typeof value === "object") {
    const element = elementType(value);
    const items = value.map((item) => payload({ type: element, value: item }));
    return joined([u32(element), u64(value.length), ...items]);
  }
  const write = NUMBERS[type];
  if (write === undefined) throw new Error(`no metadata type ${type}`);
  return new Uint8Array(write(Number(value)).buffer);
}

export function writeGguf({
  version = 3,
  metadata = {},
  tensors = [],
}: GgufToWrite): Uint8Array<ArrayBuffer> {
  const types = new Map([...GGML_TYPES].map(([number, { name }]) => [name, number]));
  const pairs = Object.entries(metadata).map(([key, value]) => {
    const { type, value: plain } = typed(value);
    return joined([text(key), u32(type), payload({ type, value: plain })]);
  });
  let offset = 0;
  const infos = tensors.map(({ name, shape, dtype, bytes }) => {
    const sizes = [...shape].reverse().map(u64);
    const info = joined([
      text(name),
      u32(shape.length),
      ...sizes,
      u32(types.get(dtype) ?? 0xffff),
      u64(offset),
    ]);
    offset += padded(bytes.length);
    return info;
  });
  const header = joined([
    new TextEncoder().encode("GGUF"),
    u32(version),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs,
    ...infos,
  ]);
  const data = tensors.flatMap(({ bytes }) => [bytes, new Uint8Array(padded(bytes.length) - bytes.length)]);
  return joined([header, new Uint8Array(padded(header.length) - header.length), ...data]);
}
