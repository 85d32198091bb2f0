/** The arguments of the SIMD twin that all matmul kernels share. */
interface Addresses {
  readonly x: number;
  readonly w: number;
  readonly bias: number;
  readonly y: number;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly hasBias: number;
  readonly yStride: number;
  readonly yOffset: number;
}

/** A transposed panel of eight weights by 256 inner values, and a tile of outputs. */
const SCRATCH_BYTES = 128 + 8 * 256 * 4;
export function matmulArgs(at: Addresses, p: Params, scratch: (sizeBytes: number) => number): number[] {
  const shape = [p.rows, p.inner, p.cols, p.hasBias, p.yStride, p.yOffset];
  return [at.x, at.w, at.bias, at.y, ...shape, scratch(SCRATCH_BYTES)];
}
