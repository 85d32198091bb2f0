/** Reference of `topK`: a sorted list of the best k so far, and log softmax in f64. */
interface Views {
  readonly logits: Float32Array;
  readonly ids: Uint32Array;
  readonly logProbs: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
}

const NO_ID = 0xffffffff;
const LOWEST = -3.4028235e38;

/** Whether `a` ranks before `b`, if `a` has the higher id. */
function ranksBefore(a: number, b: number): boolean {
  return a > b || (Number.isNaN(b) && !Number.isNaN(a));
}

export function topKReference({ logits, ids, logProbs }: Views, { rows, cols, k }: Params): void {
  const taken = Math.min(k, cols);
  for (let row = 0; row < rows; row++) {
    const line = logits.subarray(row * cols, (row + 1) * cols);
    const best: number[] = [];
    for (let id = 0; id < cols; id++) {
      const value = line[id] ?? NaN;
      const last = best[taken - 1];
      if (last !== undefined && !ranksBefore(value, line[last] ?? NaN)) continue;
      let at = Math.min(best.length, taken - 1);
      while (at > 0 && ranksBefore(value, line[best[at - 1] ?? 0] ?? NaN)) {
        best[at] = best[at - 1] ?? 0;
        at--;
      }
      best[at] = id;
    }
    const highest = line[best[0] ?? 0] ?? NaN;
    let total = 0;
    for (const value of line) if (!Number.isNaN(value)) total += Math.exp(value - highest);
    for (let n = 0; n < k; n++) {
      const id = n < taken ? (best[n] ?? NO_ID) : NO_ID;
      const logProb = (line[id] ?? NaN) - highest - Math.log(total);
      ids[row * k + n] = id;
      logProbs[row * k + n] = Number.isNaN(logProb) ? LOWEST : Math.max(LOWEST, logProb);
    }
  }
}
