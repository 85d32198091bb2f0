/** Reference of `gatedLatents`. The gate is decided in f32, as on the device: whether a sum is above 0 knows no tolerance. */
interface Views {
  readonly x: Float32Array;
  readonly gateBias: Float32Array;
  readonly scale: Float32Array;
  readonly bias: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
}

export function gatedLatentsReference({ x, gateBias, scale, bias, y }: Views, { rows, cols }: Params): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const value = x[r * cols + c] ?? 0;
      const open = Math.fround(value + (gateBias[c] ?? 0)) > 0;
      y[r * cols + c] = open ? Math.max(value * (scale[c] ?? 0) + (bias[c] ?? 0), 0) : 0;
    }
  }
}
