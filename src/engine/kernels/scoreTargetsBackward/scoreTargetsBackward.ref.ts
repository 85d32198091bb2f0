/** Reference of `scoreTargetsBackward`: softmax in f64. Shapes in scoreTargetsBackward.wgsl. */
interface Views {
  readonly logits: Float32Array;
  readonly spans: Uint32Array;
  readonly targets: Uint32Array;
  readonly weights: Float32Array;
  readonly totals: Float32Array;
  readonly dLogits: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly cols: number;
}

export function scoreTargetsBackwardReference(views: Views, { rows, own, cols }: Params): void {
  const { logits, spans, targets, weights, totals, dLogits } = views;
  const row = new Float64Array(cols);
  for (let n = 0; n < rows; n++) {
    const start = (n % own) * cols;
    let highest = -Infinity;
    for (let c = 0; c < cols; c++) highest = Math.max(highest, logits[start + c] ?? 0);
    let sum = 0;
    for (let c = 0; c < cols; c++) sum += row[c] = Math.exp((logits[start + c] ?? 0) - highest);
    const factor = (totals[n] ?? 0) / sum;
    for (let c = 0; c < cols; c++) row[c] = -factor * (row[c] ?? 0);
    const first = spans[2 * n] ?? 0;
    for (let e = first; e < first + (spans[2 * n + 1] ?? 0); e++) {
      const target = targets[e] ?? 0;
      row[target] = (row[target] ?? 0) + (weights[e] ?? 0);
    }
    dLogits.set(row, n * cols);
  }
}
