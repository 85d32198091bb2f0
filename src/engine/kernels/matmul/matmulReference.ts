/** The slow, obvious matrix product, for f32 weights, packed halves and 8-bit rows. Sums in f64. */
import { byteRowWeight } from "../byteRows";
import { halfToFloat } from "../half";

interface Views<W> {
  readonly x: Float32Array;
  readonly w: W;
  readonly bias: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly hasBias: number;
  readonly yStride: number;
  readonly yOffset: number;
}

export function matmulReference({ x, w, bias, y }: Views<Float32Array>, params: Params): void {
  const { rows, inner, cols, hasBias, yStride, yOffset } = params;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      let sum = hasBias ? (bias[yOffset + c] ?? 0) : 0;
      for (let k = 0; k < inner; k++) sum += (x[r * inner + k] ?? 0) * (w[c * inner + k] ?? 0);
      y[r * yStride + yOffset + c] = sum;
    }
  }
}

export function matmulHalfReference({ w, ...views }: Views<Uint32Array>, params: Params): void {
  const { inner, cols } = params;
  const words = Math.ceil(inner / 2);
  const floats = new Float32Array(cols * inner);
  for (let c = 0; c < cols; c++) {
    for (let k = 0; k < inner; k++) {
      const word = w[c * words + (k >> 1)] ?? 0;
      floats[c * inner + k] = halfToFloat(k % 2 === 0 ? word & 0xffff : word >>> 16);
    }
  }
  matmulReference({ ...views, w: floats }, params);
}

export function matmulByteReference({ w, ...views }: Views<Uint32Array>, params: Params): void {
  const { inner, cols } = params;
  const floats = Float32Array.from({ length: cols * inner }, (_, i) =>
    byteRowWeight(w, inner, Math.floor(i / inner), i % inner),
  );
  matmulReference({ ...views, w: floats }, params);
}
