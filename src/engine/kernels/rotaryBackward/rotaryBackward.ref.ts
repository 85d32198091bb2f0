/** Reference of `rotaryBackward`: turns pair after pair back. Shapes in rotaryBackward.wgsl. */
interface Views {
  readonly dy: Float32Array;
  readonly positions: Uint32Array;
  readonly frequencies: Float32Array;
  readonly dx: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly heads: number;
  readonly dHead: number;
  readonly rotaryDims: number;
  readonly interleaved: number;
  readonly magnitude: number;
}

export function rotaryBackwardReference({ dy, positions, frequencies, dx }: Views, params: Params): void {
  const { rows, own, heads, dHead, rotaryDims, interleaved, magnitude } = params;
  const pairs = rotaryDims / 2;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < pairs; i++) {
      // Rounded as the rotation rounds it.
      const angle = Math.fround((positions[row % own] ?? 0) * (frequencies[i] ?? 0));
      const cos = magnitude * Math.cos(angle);
      const sin = magnitude * Math.sin(angle);
      const first = interleaved ? 2 * i : i;
      const second = interleaved ? 2 * i + 1 : i + pairs;
      for (let head = 0; head < heads; head++) {
        const start = (row * heads + head) * dHead;
        const a = dy[start + first] ?? 0;
        const b = dy[start + second] ?? 0;
        dx[start + first] = a * cos + b * sin;
        dx[start + second] = b * cos - a * sin;
      }
    }
    for (let head = 0; head < heads; head++) {
      const start = (row * heads + head) * dHead;
      dx.set(dy.subarray(start + rotaryDims, start + dHead), start + rotaryDims);
    }
  }
}
