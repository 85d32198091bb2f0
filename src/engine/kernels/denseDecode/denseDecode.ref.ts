/** Reference of `denseDecode` and, over halves, of `denseDecodeHalf`: plain loops, sums in f64. */
interface Views {
  readonly z: Float32Array;
  readonly w: Float32Array;
  readonly start: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly zStride: number;
  readonly zOffset: number;
  readonly startStride: number;
}

export function denseDecodeReference({ w, ...views }: Views, params: Params): void {
  decodeAll(views, params, (latent, c) => w[latent * params.cols + c] ?? 0);
}

export function decodeAll(
  { z, start, y }: Omit<Views, "w">,
  { rows, inner, cols, zStride, zOffset, startStride }: Params,
  weight: (latent: number, column: number) => number,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      let sum = start[r * startStride + c] ?? 0;
      for (let l = 0; l < inner; l++) sum += (z[r * zStride + zOffset + l] ?? 0) * weight(l, c);
      y[r * cols + c] = sum;
    }
  }
}
