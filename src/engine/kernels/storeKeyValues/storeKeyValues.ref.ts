/** Reference of `storeKeyValues`: copies row after row. Shapes in storeKeyValues.wgsl. */
interface Views {
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly slots: Uint32Array;
  readonly keyCache: Float32Array;
  readonly valueCache: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly width: number;
  readonly kStride: number;
  readonly kOffset: number;
  readonly vStride: number;
  readonly vOffset: number;
}

export function storeKeyValuesReference(views: Views, params: Params): void {
  const { keys, values, slots, keyCache, valueCache } = views;
  const { rows, width, kStride, kOffset, vStride, vOffset } = params;
  for (let row = 0; row < rows; row++) {
    const to = (slots[row] ?? 0) * width;
    const k = row * kStride + kOffset;
    const v = row * vStride + vOffset;
    keyCache.set(keys.subarray(k, k + width), to);
    valueCache.set(values.subarray(v, v + width), to);
  }
}
