/**
 * Weights on the device: matrices in the torch Linear layout [out, in], split by rows into chunks that one
 * binding can hold, and f32 vectors. They have the model's lifetime.
 */
import type { Device, DeviceBuffer } from "../device/device";
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

/** Buffers for a matrix, as few as the largest binding allows. */
export function allocateMatrix(
  device: Device,
  name: string,
  shape: readonly [number, number],
  dtype: Matrix["dtype"],
): Matrix {
  const [rows, cols] = shape;
  const rowBytes = wordsPerRow(cols, dtype) * 4;
  const perChunk = Math.floor(device.limits.maxBufferBytes / rowBytes);
  const chunks: MatrixChunk[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += perChunk) {
    const count = Math.min(perChunk, rows - firstRow);
    chunks.push({ buffer: device.allocate(count * rowBytes, name), firstRow, rows: count });
  }
  return { shape, dtype, chunks };
}

/** Writes consecutive rows, in the matrix' own element type, into the chunks that hold them. */
export function writeMatrixRows(
  device: Device,
  { shape, dtype, chunks }: Matrix,
  firstRow: number,
  data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
): void {
  const rowWords = wordsPerRow(shape[1], dtype);
  const end = firstRow + data.length / rowWords;
  for (const chunk of chunks) {
    const from = Math.max(firstRow, chunk.firstRow);
    const to = Math.min(end, chunk.firstRow + chunk.rows);
    if (from >= to) continue;
    const part = data.subarray((from - firstRow) * rowWords, (to - firstRow) * rowWords);
    device.write(chunk.buffer, part, (from - chunk.firstRow) * rowWords * 4);
  }
}
