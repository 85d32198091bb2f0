/**
 * Weights on the device: matrices in the torch Linear layout [out, in], split by rows into chunks that one
 * binding can hold, and f32 vectors. They have the model's lifetime.
 */
import type { DeviceBuffer } from "../device/device";
import { byteRows, byteRowWords } from "../kernels/byteRows";

export interface MatrixChunk {
  readonly buffer: DeviceBuffer;
  readonly firstRow: number;
  readonly rows: number;
}

export interface Matrix {
  /** [out, in]: row r holds the weights of output feature r. */
  readonly shape: readonly [number, number];
  /** "f16": packed halves, two to a word, each row padded to a whole word. "q8": 8-bit rows (kernels/byteRows.ts). */
  readonly dtype: "f32" | "f16" | "q8";
  readonly chunks: readonly MatrixChunk[];
}

export interface Vector {
  readonly buffer: DeviceBuffer;
  readonly size: number;
}

export { byteRows };

/** 4-byte words that one row of a matrix takes. */
export function wordsPerRow(cols: number, dtype: Matrix["dtype"]): number {
  if (dtype === "q8") return byteRowWords(cols);
  return dtype === "f16" ? Math.ceil(cols / 2) : cols;
}
