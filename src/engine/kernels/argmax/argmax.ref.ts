/** Reference of `argmax`: the first of the largest; NaN compares false and so never wins. */
interface Views {
  readonly logits: Float32Array;
  readonly ids: Uint32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
}

export function argmaxReference({ logits, ids }: Views, { rows, cols }: Params): void {
  for (let row = 0; row < rows; row++) {
    let best = -1;
    let highest = NaN;
    for (let id = 0; id < cols; id++) {
      const value = logits[row * cols + id] ?? NaN;
      if (value > highest || (best < 0 && !Number.isNaN(value))) {
        best = id;
        highest = value;
      }
    }
    ids[row] = Math.max(best, 0);
  }
}
