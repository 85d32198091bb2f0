/**
 * Reads a stored tensor row by row, in slices of bounded size, as f32. However large the file, host memory
 * holds one slice. A matrix whose bytes are the transposed of what is wanted (GPT-2's Conv1D) has blocks of its
 * columns gathered, each at most a few slices large; blocks of quantized weights are widened as they are read.
 */
import { VitrineError } from "../../protocol/errors";
import { toFloats } from "./bytes/halves";
import type { StoredTensor } from "./storedModel";
import { dequantize, isQuant, QUANTS } from "./gguf/quants";
import { DTYPE_BYTES, type FloatDtype } from "./safetensors";

/** Bytes of f32 that one slice holds at most (at least one row, or one head where heads are reordered). */
export const SLICE_BYTES = 8 * 1024 * 1024;
/** A transposed block may be this many slices large, because the whole tensor is read once for each block. */
const BLOCK_SLICES = 4;

export interface RowSlice {
  readonly firstRow: number;
  readonly rows: number;
  /** f32 [rows, row length]. */
  readonly data: Float32Array<ArrayBuffer>;
}

export interface ReadOptions {
  /** The tensor is [in, out]; give it as [out, in]. */
  readonly transposed?: boolean;
  readonly sliceBytes?: number;
}

/** The bytes of a tensor as rows of f32. */
interface RowSource {
  readonly rows: number;
  readonly rowLength: number;
  /** f32 [count, rowLength]. */
  read(firstRow: number, count: number): Promise<Float32Array<ArrayBuffer>>;
}

export async function* readRows(stored: StoredTensor, options: ReadOptions = {}): AsyncGenerator<RowSlice> {
  const { transposed: turned = false, sliceBytes = SLICE_BYTES } = options;
  checkRank(stored, turned);
  const source = rowSource(stored);
  const transposed = turned !== (stored.transposed ?? false);
  const rows = transposed ? source.rowLength : source.rows;
  const dHead = headSize(stored, rows, turned);
  const slices = transposed
    ? gatherColumns(source, dHead ?? 1, sliceBytes)
    : readInOrder(source, dHead ?? 1, sliceBytes);
  for await (const slice of slices) {
    if (dHead !== undefined) splitHalves(slice.data, dHead, slice.data.length / slice.rows);
    yield slice;
  }
}

function rowSource(stored: StoredTensor): RowSource {
  const { file, entry, transposed } = stored;
  const { name, shape, start } = entry;
  const [rows = 1, ...rest] = transposed ? [...shape].reverse() : shape;
  const rowLength = rest.reduce((product, n) => product * n, 1);
  const { rowBytes, convert } = rowFormat(stored, rest.at(-1) ?? 1, rowLength);
  return {
    rows,
    rowLength,
    async read(firstRow, count) {
      const from = start + firstRow * rowBytes;
      const bytes = await file.slice(from, from + count * rowBytes);
      if (bytes.length === count * rowBytes) return convert(bytes);
      throw new VitrineError(
        "BadFile",
        `${file.name}: tensor ${name} ends early; it changed while it was read: choose it again.`,
      );
    },
  };
}

interface RowFormat {
  readonly rowBytes: number;
  convert(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
}

/** Rows are whole blocks; `innermost`: the last size of the shape, along which blocks run. */
function rowFormat({ file, entry }: StoredTensor, innermost: number, rowLength: number): RowFormat {
  const { name, dtype } = entry;
  if (isQuant(dtype)) {
    const { values, bytes } = QUANTS[dtype];
    if (innermost % values === 0)
      return { rowBytes: (rowLength / values) * bytes, convert: (read) => dequantize(read, dtype) };
    throw new VitrineError(
      "BadFile",
      `${file.name}: tensor ${name} has rows of ${innermost} in ${dtype}, which comes in blocks of ${values}; convert it again.`,
    );
  }
  if (Object.hasOwn(DTYPE_BYTES, dtype)) {
    const float = dtype as FloatDtype;
    return { rowBytes: rowLength * DTYPE_BYTES[float], convert: (read) => toFloats(read, float) };
  }
  const known = [...Object.keys(DTYPE_BYTES), ...Object.keys(QUANTS)].join(", ");
  throw new VitrineError(
    "Unsupported",
    `${file.name}: tensor ${name} has dtype ${dtype}; convert it to one of ${known}.`,
  );
}

/** Slices of as many rows as fit, a multiple of `unit`. */
async function* readInOrder(source: RowSource, unit: number, sliceBytes: number): AsyncGenerator<RowSlice> {
  const { rows: all, rowLength } = source;
  const step = multipleWithin(sliceBytes / (rowLength * 4), unit);
  for (let firstRow = 0; firstRow < all; firstRow += step) {
    const rows = Math.min(step, all - firstRow);
    yield { firstRow, rows, data: await source.read(firstRow, rows) };
  }
}

/** The same of the transposed matrix: for each block of columns the whole source is read once. */
async function* gatherColumns(source: RowSource, unit: number, sliceBytes: number): AsyncGenerator<RowSlice> {
  const { rows: outer, rowLength: inner } = source;
  const width = multipleWithin((sliceBytes * BLOCK_SLICES) / (outer * 4), unit);
  const height = multipleWithin(sliceBytes / (inner * 4), 1);
  for (let firstRow = 0; firstRow < inner; firstRow += width) {
    const rows = Math.min(width, inner - firstRow);
    const data = new Float32Array(rows * outer);
    for (let top = 0; top < outer; top += height) {
      const lines = Math.min(height, outer - top);
      const block = await source.read(top, lines);
      for (let line = 0; line < lines; line++) {
        for (let r = 0; r < rows; r++) {
          data[r * outer + top + line] = block[line * inner + firstRow + r] ?? 0;
        }
      }
    }
    yield { firstRow, rows, data };
  }
}

/** The largest multiple of `unit` that is not above `most`, and at least one `unit`. */
const multipleWithin = (most: number, unit: number) => Math.max(1, Math.floor(most / unit)) * unit;

/** The size of the heads whose rows are to be reordered, if any. */
function headSize(stored: StoredTensor, rows: number, turned: boolean): number | undefined {
  const { file, entry, interleavedHeads } = stored;
  if (interleavedHeads === undefined) return undefined;
  const { dHead } = interleavedHeads;
  if (!turned && dHead % 2 === 0 && rows % dHead === 0) return dHead;
  throw new VitrineError(
    "BadFile",
    `${file.name}: tensor ${entry.name} has shape [${entry.shape.join(", ")}], whose ${turned ? "columns" : "rows"} are not heads of ${dHead} in rotary pairs; check the model type.`,
  );
}

/** Rows (0,1),(2,3) … of each head → the first of each pair, then the second of each. In place. */
function splitHalves(data: Float32Array, dHead: number, rowLength: number): void {
  const half = dHead / 2;
  for (let head = 0; head < data.length; head += dHead * rowLength) {
    const pairs = data.slice(head, head + dHead * rowLength);
    for (let row = 0; row < dHead; row++) {
      const from = row < half ? 2 * row : 2 * (row - half) + 1;
      data.set(pairs.subarray(from * rowLength, (from + 1) * rowLength), head + row * rowLength);
    }
  }
}

function checkRank({ file, entry, transposed }: StoredTensor, turned: boolean): void {
  if (entry.shape.length === 2 || !(turned || transposed)) return;
  throw new VitrineError(
    "BadFile",
    `${file.name}: tensor ${entry.name} has shape [${entry.shape.join(", ")}], expected a matrix; check the model type.`,
  );
}
