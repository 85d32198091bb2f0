/**
 * The header of a .npy file (NEP 1, format versions 1 to 3): a magic, the header's length, and a Python dictionary with
 * the element type, the order of the bytes in memory and the shape. Only that dictionary is understood, as text.
 */
import { VitrineError } from "../../../protocol/errors";

/** Type codes that are known here: what safetensors calls them, and bytes of an element. */
const DTYPES: Readonly<Record<string, readonly [string, number]>> = {
  "<f8": ["F64", 8],
  "<f4": ["F32", 4],
  "<f2": ["F16", 2],
  "<i8": ["I64", 8],
  "<i4": ["I32", 4],
  "|u1": ["U8", 1],
  "|b1": ["BOOL", 1],
};

const MAGIC = "\x93NUMPY";
const MAX_RANK = 8;
/** numpy refuses headers above 10,000 bytes. */
export const MAX_NPY_HEADER_BYTES = 12_288;

export interface NpyHeader {
  /** As safetensors calls it; numpy's own code where it is none that is known here. */
  readonly dtype: string;
  /** Of one element; undefined for an unknown type. */
  readonly elementBytes: number | undefined;
  readonly shape: readonly number[];
  /** The first index varies fastest. */
  readonly isFortran: boolean;
  /** Where the elements begin. */
  readonly dataStart: number;
}

/** `where`: file and entry, for messages. `bytes`: the start of the file, at least the header. */
export function parseNpyHeader(where: string, bytes: Uint8Array<ArrayBuffer>): NpyHeader {
  const bad = (problem: string) => new VitrineError("BadFile", `${where}: ${problem}; save it again.`);
  const text = (from: number, to: number) =>
    Array.from(bytes.subarray(from, to), (byte) => String.fromCharCode(byte)).join("");
  if (text(0, MAGIC.length) !== MAGIC || bytes.length < 12) throw bad("is no .npy file");
  const version = bytes[MAGIC.length] ?? 0;
  if (version < 1 || version > 3) {
    throw new VitrineError("Unsupported", `${where}: has .npy version ${version}, known: 1, 2, 3.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const dataStart = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataStart > Math.min(bytes.length, MAX_NPY_HEADER_BYTES))
    throw bad(`claims a header of ${dataStart} bytes, of at most ${MAX_NPY_HEADER_BYTES}, or ends within it`);
  const fields = parseDict(text(start, dataStart).trim());
  const [descr, order, sizes] = ["descr", "fortran_order", "shape"].map((name) => fields?.get(name));
  const shape = sizesOf(sizes);
  if (!/^'.*'$/.test(descr ?? "") || !/^(True|False)$/.test(order ?? "") || !shape)
    throw bad(
      `has a header that is not understood: ${JSON.stringify(text(start, dataStart).trim().slice(0, 100))}`,
    );
  const code = (descr ?? "").slice(1, -1);
  const known = Object.hasOwn(DTYPES, code) ? DTYPES[code] : undefined;
  const [dtype, elementBytes] = known ?? [code, undefined];
  return { dtype, elementBytes, shape, isFortran: order === "True", dataStart };
}

const FIELD = /'(\w+)'\s*:\s*('[^'\\]*'|True|False|\([\d\s,]*\))\s*(?:,\s*|$)/y;

/** The dictionary's fields as text; undefined unless it is nothing but such fields, each once. */
function parseDict(text: string): ReadonlyMap<string, string> | undefined {
  if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
  const inner = text.slice(1, -1).trim();
  const fields = new Map<string, string>();
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < inner.length) {
    const [, name, value] = FIELD.exec(inner) ?? [];
    if (name === undefined || value === undefined || fields.has(name)) return undefined;
    fields.set(name, value);
  }
  return fields;
}

/** "(2, 3)" → [2, 3]; "()" → []. */
function sizesOf(tuple: string | undefined): readonly number[] | undefined {
  if (tuple === undefined || !tuple.startsWith("(")) return undefined;
  const inner = tuple.slice(1, -1).trim().replace(/,$/, "").trim();
  if (inner === "") return [];
  const sizes = inner.split(",").map((part) => (/^\s*\d{1,15}\s*$/.test(part) ? Number(part) : NaN));
  return sizes.length <= MAX_RANK && sizes.every(Number.isSafeInteger) ? sizes : undefined;
}
