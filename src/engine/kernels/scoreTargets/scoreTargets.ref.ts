/** Reference of `scoreTargets`: log softmax in f64. A row asked about several times in a row is summed once. */
interface Views {
  readonly logits: Float32Array;
  readonly asks: Uint32Array;
  readonly scores: Float32Array;
}

interface Params {
  readonly count: number;
  readonly cols: number;
}

export function scoreTargetsReference({ logits, asks, scores }: Views, { count, cols }: Params): void {
  let summedRow = -1;
  let highest = 0;
  let logTotal = 0;
  for (let n = 0; n < count; n++) {
    const row = asks[2 * n] ?? 0;
    const start = row * cols;
    if (row !== summedRow) {
      summedRow = row;
      highest = -Infinity;
      for (let c = 0; c < cols; c++) highest = Math.max(highest, logits[start + c] ?? 0);
      let total = 0;
      for (let c = 0; c < cols; c++) total += Math.exp((logits[start + c] ?? 0) - highest);
      logTotal = Math.log(total);
    }
    scores[n] = (logits[start + (asks[2 * n + 1] ?? 0)] ?? 0) - highest - logTotal;
  }
}
