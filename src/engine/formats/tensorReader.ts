/**
 * Reads a stored tensor row by row, in slices of bounded size, as f32. However large the file, host memory
 * holds one slice. A tensor stored as [in, out] (GPT-2's Conv1D) comes out as [out, in]: blocks of its columns
 * are gathered, each at most a few slices large.
 */
import { VitrineError } from "../../protocol/errors";
import { toFloats } from "./halves";
import type { StoredTensor } from "./modelFiles";
import { DTYPE_BYTES, type FloatDtype } from "./safetensors";

/** Bytes of f32 that one slice holds at most (at least one row). */
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

function floatDtype({ file, entry }: StoredTensor): FloatDtype {
  if (Object.hasOwn(DTYPE_BYTES, entry.dtype)) return entry.dtype as FloatDtype;
  throw new VitrineError(
    "Unsupported",
    `${file.name}: tensor ${entry.name} has dtype ${entry.dtype}; convert it to ${Object.keys(DTYPE_BYTES).join(", ")}.`,
  );
}

async function readFloats(
  stored: StoredTensor,
  start: number,
  end: number,
): Promise<Float32Array<ArrayBuffer>> {
  const { file, entry } = stored;
  const bytes = await file.slice(entry.start + start, entry.start + end);
  if (bytes.length !== end - start) {
    throw new VitrineError(
      "BadFile",
      `${file.name}: tensor ${entry.name} ends early; it changed while it was read: choose it again.`,
    );
  }
  return toFloats(bytes, floatDtype(stored));
}

export async function* readRows(stored: StoredTensor, options: ReadOptions = {}): AsyncGenerator<RowSlice> {
  const { transposed = false, sliceBytes = SLICE_BYTES } = options;
  const { shape } = stored.entry;
  const [outer = 1] = shape;
  const inner = shape.slice(1).reduce((product, n) => product * n, 1);
  const elementBytes = DTYPE_BYTES[floatDtype(stored)];
  if (!transposed) {
    const step = Math.max(1, Math.floor(sliceBytes / (inner * 4)));
    for (let firstRow = 0; firstRow < outer; firstRow += step) {
      const rows = Math.min(step, outer - firstRow);
      const from = firstRow * inner * elementBytes;
      yield { firstRow, rows, data: await readFloats(stored, from, from + rows * inner * elementBytes) };
    }
    return;
  }
  if (shape.length !== 2) {
    throw new VitrineError(
      "BadFile",
      `${stored.file.name}: tensor ${stored.entry.name} has shape [${shape.join(", ")}], expected a matrix; check the model type.`,
    );
  }
  const width = Math.max(1, Math.floor((sliceBytes * BLOCK_SLICES) / (outer * 4)));
  const height = Math.max(1, Math.floor(sliceBytes / (inner * 4)));
  for (let firstRow = 0; firstRow < inner; firstRow += width) {
    const rows = Math.min(width, inner - firstRow);
    const data = new Float32Array(rows * outer);
    for (let top = 0; top < outer; top += height) {
      const lines = Math.min(height, outer - top);
      const from = top * inner * elementBytes;
      const block = await readFloats(stored, from, from + lines * inner * elementBytes);
      for (let line = 0; line < lines; line++) {
        for (let r = 0; r < rows; r++) {
          data[r * outer + top + line] = block[line * inner + firstRow + r] ?? 0;
        }
      }
    }
    yield { firstRow, rows, data };
  }
}
