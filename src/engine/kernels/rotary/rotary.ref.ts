/** Reference of `rotary`: rotates pair after pair. Shapes in rotary.wgsl. */
interface Views {
  readonly x: Float32Array;
  readonly positions: Uint32Array;
  readonly frequencies: Float32Array;
  readonly y: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly heads: number;
  readonly dHead: number;
  readonly rotaryDims: number;
  readonly xStride: number;
  readonly xOffset: number;
  readonly interleaved: number;
  readonly magnitude: number;
}

export function rotaryReference({ x, positions, frequencies, y }: Views, params: Params): void {
  const { rows, heads, dHead, rotaryDims, xStride, xOffset, interleaved, magnitude } = params;
  const pairs = rotaryDims / 2;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < pairs; i++) {
      // The angle is rounded to f32, as in the shader and in the frameworks that models were trained with:
      // at position 1,000 that rounding moves it by up to 3e-5.
      const angle = Math.fround((positions[row] ?? 0) * (frequencies[i] ?? 0));
      const cos = magnitude * Math.cos(angle);
      const sin = magnitude * Math.sin(angle);
      const first = interleaved ? 2 * i : i;
      const second = interleaved ? 2 * i + 1 : i + pairs;
      for (let head = 0; head < heads; head++) {
        const from = row * xStride + xOffset + head * dHead;
        const to = (row * heads + head) * dHead;
        const a = x[from + first] ?? 0;
        const b = x[from + second] ?? 0;
        y[to + first] = a * cos - b * sin;
        y[to + second] = a * sin + b * cos;
      }
    }
    for (let head = 0; head < heads; head++) {
      const from = row * xStride + xOffset + head * dHead;
      y.set(x.subarray(from + rotaryDims, from + dHead), (row * heads + head) * dHead + rotaryDims);
    }
  }
}
