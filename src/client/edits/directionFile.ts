/**
 * A direction from a file: one vector as wide as the site that it is added to. JSON (an array of numbers), NumPy .npy
 * (f2, f4 or f8, little-endian) and .safetensors (one tensor of F16, BF16, F32 or F64). Files are distrusted: every
 * size is checked before it is used.
 */

/** Larger files hold no single vector. */
export const MAX_DIRECTION_BYTES = 8_000_000;
/** Of an .npy's or a .safetensors' header. */
const MAX_HEADER_BYTES = 100_000;

type Read = (view: DataView, at: number) => number;

/** Bytes of one number, and how it is read. */
const TYPES: Readonly<Record<string, readonly [bytes: number, read: Read]>> = {
  F16: [2, (view, at) => half(view.getUint16(at, true))],
  BF16: [2, (view, at) => upperHalf(view.getUint16(at, true))],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  F64: [8, (view, at) => view.getFloat64(at, true)],
};
const NPY_TYPES: Readonly<Record<string, string>> = { "<f2": "F16", "<f4": "F32", "<f8": "F64" };

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16: the upper half of a float32. */
function upperHalf(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits * 0x10000);
  return view.getFloat32(0);
}

/** Numbers as short as they stay the same in float32: they travel in links. */
const short = (value: number) => Number(Math.fround(value).toPrecision(9));

/** The vector that a file holds, or an error that says what is wrong with it. `width` is the site's. */
export function parseDirection(name: string, bytes: Uint8Array, width: number): number[] {
  const refuse = (why: string): never => {
    throw new Error(`${name} ${why}.`);
  };
  if (bytes.length > MAX_DIRECTION_BYTES)
    refuse(`has ${bytes.length} bytes; a vector takes at most ${MAX_DIRECTION_BYTES}`);
  const values = /\.npy$/i.test(name)
    ? readNpy(bytes, refuse)
    : /\.safetensors$/i.test(name)
      ? readSafetensors(bytes, refuse)
      : readJson(bytes, refuse);
  if (values.length !== width) refuse(`has ${values.length} numbers; the site has ${width}`);
  const odd = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (odd >= 0) refuse(`is not finite at index ${odd}`);
  return values.map(short);
}

type Refuse = (why: string) => never;

function readJson(bytes: Uint8Array, refuse: Refuse): number[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return refuse("is not JSON; give an array of numbers, an .npy or a .safetensors file");
  }
  const isList = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((item) => typeof item === "number");
  return isList(value) ? value : refuse("is not an array of numbers");
}

/** Numbers of a matrix that is a vector: at most one axis is longer than 1. */
function readVector(
  bytes: Uint8Array,
  start: number,
  type: string,
  shape: readonly number[],
  refuse: Refuse,
): number[] {
  const [size, read] = TYPES[type] ?? refuse(`has numbers of type ${type.slice(0, 20)}; expected floats`);
  if (shape.filter((length) => length !== 1).length > 1)
    refuse(`has shape [${shape.slice(0, 8).join(", ")}]; expected one vector`);
  const count = shape.reduce((product, length) => product * length, 1);
  if (count * size !== bytes.length - start)
    refuse(`has ${bytes.length - start} bytes of numbers; its header says ${count * size}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  return Array.from({ length: count }, (_, i) => read(view, i * size));
}

function readNpy(bytes: Uint8Array, refuse: Refuse): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isNpy = bytes.length >= 12 && String.fromCharCode(...bytes.subarray(0, 6)) === "\x93NUMPY";
  if (!isNpy) refuse("is no .npy file");
  const isFirst = bytes[6] === 1;
  const start = (isFirst ? 10 : 12) + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > Math.min(bytes.length, MAX_HEADER_BYTES)) refuse("has a header that is cut or too long");
  const header = new TextDecoder("latin1").decode(bytes.subarray(0, start));
  const descr = /'descr'\s*:\s*'([^']{1,8})'/.exec(header)?.[1] ?? "unknown";
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1] ?? refuse("has no shape");
  const lengths = shape.split(",").filter((part) => part.trim() !== "");
  return readVector(bytes, start, NPY_TYPES[descr] ?? descr, lengths.map(Number), refuse);
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

function readSafetensors(bytes: Uint8Array, refuse: Refuse): number[] {
  if (bytes.length < 8) refuse("is no .safetensors file");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > Math.min(bytes.length - 8, MAX_HEADER_BYTES)) refuse("has a header that is cut or too long");
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>;
  } catch {
    return refuse("has a header that is not JSON");
  }
  const names = Object.keys(header).filter((key) => key !== "__metadata__");
  if (names.length !== 1) refuse(`holds ${names.length} tensors; expected one vector`);
  const { dtype, shape } = header[names[0] ?? ""] as Partial<Entry>;
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0);
  if (typeof dtype !== "string" || !isShape) return refuse("has a tensor without type and shape");
  return readVector(bytes, 8 + length, dtype, shape, refuse);
}
