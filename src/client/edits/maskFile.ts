/**
 * A mask from a file: a square matrix of 0 and 1 as JSON, CSV or NumPy .npy (booleans, integers or floats), or rules as
 * text. Sizes are checked before they are used. It gives the text of the editor's field.
 */
import { MAX_MASK_ROWS, matrixOfText, pairsOfMatrix, parsePairs } from "./attentionPairs";
import { writePairs } from "../../protocol/writePairs";

export const MAX_MASK_BYTES = 8_000_000;
const MAX_HEADER_BYTES = 100_000;

type Read = (view: DataView, at: number) => number;
const TYPES: Readonly<Record<string, readonly [bytes: number, read: Read]>> = {
  "|b1": [1, (view, at) => view.getUint8(at)],
  "|u1": [1, (view, at) => view.getUint8(at)],
  "|i1": [1, (view, at) => view.getInt8(at)],
  "<i4": [4, (view, at) => view.getInt32(at, true)],
  "<i8": [8, (view, at) => Number(view.getBigInt64(at, true))],
  "<f4": [4, (view, at) => view.getFloat32(at, true)],
  "<f8": [8, (view, at) => view.getFloat64(at, true)],
};

/** The rules that a file makes, and whether they are of a matrix, which says what is seen; else a sentence. */
export function readMaskFile(
  name: string,
  bytes: Uint8Array,
): { readonly text: string; readonly isMatrix: boolean } | { readonly wrong: string } {
  const refuse = (why: string) => ({ wrong: `${name}: ${why}` });
  if (bytes.length > MAX_MASK_BYTES)
    return refuse(
      `${bytes.length} bytes; a mask of up to ${MAX_MASK_ROWS} rows takes at most ${MAX_MASK_BYTES}.`,
    );
  const text = /\.npy$/i.test(name) ? undefined : new TextDecoder().decode(bytes).replace(/^\uFEFF/, "");
  const matrix = text === undefined ? npyMatrix(bytes) : matrixOfText(text);
  if (typeof matrix === "string") return refuse(matrix);
  const read = matrix ? pairsOfMatrix(matrix) : parsePairs(text ?? "");
  return "wrong" in read
    ? refuse(read.wrong)
    : { text: writePairs(read.pairs), isMatrix: matrix !== undefined };
}

/** The rows, or what is wrong. */
function npyMatrix(bytes: Uint8Array): number[][] | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== "\x93NUMPY")
    return "this is no .npy file.";
  const isFirst = bytes[6] === 1;
  const start = (isFirst ? 10 : 12) + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > Math.min(bytes.length, MAX_HEADER_BYTES)) return "its header is cut or too long.";
  const header = new TextDecoder("latin1").decode(bytes.subarray(0, start));
  const descr = /'descr'\s*:\s*'([^']{1,8})'/.exec(header)?.[1] ?? "unknown";
  const [size, read] = TYPES[descr] ?? [];
  if (!size || !read) return `its numbers are of type ${descr}: save booleans, integers or floats.`;
  if (/'fortran_order'\s*:\s*True/.test(header))
    return "it is stored column by column: save numpy.ascontiguousarray of it.";
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1] ?? "";
  const [rows = 0, cols = 0, ...more] = shape
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  if (more.length > 0 || rows === 0 || rows !== cols || rows > MAX_MASK_ROWS)
    return `its shape is (${shape.trim()}): give a square matrix of at most ${MAX_MASK_ROWS} rows.`;
  if (rows * cols * size !== bytes.length - start)
    return "it has another number of bytes than its header says.";
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: cols }, (_c, col) => read(view, start + (row * cols + col) * size)),
  );
}
