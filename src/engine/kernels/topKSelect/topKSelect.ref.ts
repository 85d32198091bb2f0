/** Reference of `topKSelect`: sorts every row. */
interface Views {
  readonly x: Float32Array;
  readonly sourceIds: Uint32Array;
  readonly ids: Uint32Array;
  readonly values: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly segments: number;
  readonly positiveOnly: number;
  readonly hasIds: number;
  readonly outStride: number;
  readonly outOffset: number;
}

const NONE = 0xffffffff;

export function topKSelectReference({ x, sourceIds, ids, values }: Views, params: Params): void {
  const { rows, cols, k, segments, positiveOnly, hasIds, outStride, outOffset } = params;
  const span = Math.ceil(cols / segments);
  const valueAt = (i: number) => x[i] ?? NaN;
  for (let row = 0; row < rows; row++) {
    for (let segment = 0; segment < segments; segment++) {
      const places: number[] = [];
      const end = Math.min((segment + 1) * span, cols);
      for (let c = segment * span; c < end; c++) {
        const place = row * cols + c;
        if (hasIds && sourceIds[place] === NONE) continue;
        if (positiveOnly ? valueAt(place) > 0 : !Number.isNaN(valueAt(place))) places.push(place);
      }
      // Not a difference: infinity - infinity is no number.
      places.sort((a, b) => Number(valueAt(b) > valueAt(a)) - Number(valueAt(a) > valueAt(b)) || a - b);
      const out = row * outStride + outOffset + segment * k;
      for (let n = 0; n < k; n++) {
        const place = places[n];
        ids[out + n] = place === undefined ? NONE : hasIds ? (sourceIds[place] ?? NONE) : place - row * cols;
        values[out + n] = place === undefined ? 0 : valueAt(place);
      }
    }
  }
}
