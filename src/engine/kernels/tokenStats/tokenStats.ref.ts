/** Reference of `tokenStats`: sums in f64. A row asked about several times in a row is summed once. */
interface Views {
  readonly logits: Float32Array;
  readonly asks: Uint32Array;
  readonly stats: Float32Array;
}

interface Params {
  readonly count: number;
  readonly cols: number;
}

export function tokenStatsReference({ logits, asks, stats }: Views, { count, cols }: Params): void {
  let summedRow = -1;
  let highest = 0;
  let logTotal = 0;
  let entropy = 0;
  for (let n = 0; n < count; n++) {
    const row = asks[2 * n] ?? 0;
    const line = logits.subarray(row * cols, (row + 1) * cols);
    if (row !== summedRow) {
      summedRow = row;
      highest = -Infinity;
      for (const logit of line) highest = Math.max(highest, logit);
      let total = 0;
      let weighted = 0;
      for (const logit of line) {
        const share = Math.exp(logit - highest);
        if (share === 0) continue;
        total += share;
        weighted += share * (logit - highest);
      }
      logTotal = Math.log(total);
      entropy = logTotal - weighted / total;
    }
    const own = line[asks[2 * n + 1] ?? 0] ?? 0;
    let above = 0;
    for (const logit of line) if (logit > own) above++;
    stats.set([own - highest - logTotal, above, entropy], 3 * n);
  }
}
