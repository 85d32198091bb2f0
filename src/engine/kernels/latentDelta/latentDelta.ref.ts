/** Reference of `latentDelta`, in f64. */
interface Views {
  readonly ids: Uint32Array;
  readonly z: Float32Array;
  readonly spans: Uint32Array;
  readonly changes: Uint32Array;
  readonly amounts: Float32Array;
  readonly moments: Float32Array;
  readonly outIds: Uint32Array;
  readonly outValues: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly width: number;
  readonly zStride: number;
  readonly outWidth: number;
  readonly hasMoments: number;
  readonly scale: number;
}

const NONE = 0xffffffff;

export function latentDeltaReference(
  { ids, z, spans, changes, amounts, moments, outIds, outValues }: Views,
  { rows, width, zStride, outWidth, hasMoments, scale }: Params,
): void {
  const valueOf = (row: number, latent: number) => {
    if (width === 0) return z[row * zStride + latent] ?? 0;
    const slot = ids.subarray(row * width, (row + 1) * width).indexOf(latent);
    return slot < 0 ? 0 : (z[row * zStride + slot] ?? 0);
  };
  for (let row = 0; row < rows; row++) {
    const [first = 0, count = 0] = spans.subarray(2 * row, 2 * row + 2);
    for (let j = 0; j < outWidth; j++) {
      const slot = row * outWidth + j;
      outIds[slot] = NONE;
      outValues[slot] = 0;
      if (j >= count) continue;
      const [latent = 0, op = 0] = changes.subarray(2 * (first + j), 2 * (first + j) + 2);
      const amount = amounts[first + j] ?? 0;
      const before = valueOf(row, latent);
      const after = [0, amount, before * amount, before + amount][op] ?? 0;
      outIds[slot] = latent;
      outValues[slot] = (after - before) * (hasMoments === 1 ? (moments[2 * row + 1] ?? 0) : scale);
    }
  }
}
