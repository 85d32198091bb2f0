/**
 * Pairwise Shapley interactions, [player, player] row-major, NaN on the diagonal:
 *
 *   I_ij = sum over S without i and j of |S|! (n - |S| - 2)! / (n - 1)! * (v(S + i + j) - v(S + i) - v(S + j) + v(S))
 */
export function interactionsFromValues(values: Float64Array, n: number): Float32Array<ArrayBuffer> {
  const weights = setWeights(n);
  const result = new Float32Array(n * n).fill(NaN);
  const value = (coalition: number) => values[coalition] ?? NaN;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const pair = (1 << i) | (1 << j);
      let sum = 0;
      for (let set = 0; set < values.length; set++) {
        if (set & pair) continue;
        const together = value(set | pair) - value(set | (1 << i)) - value(set | (1 << j)) + value(set);
        sum += (weights[sizeOf(set)] ?? NaN) * together;
      }
      result[i * n + j] = result[j * n + i] = sum;
    }
  }
  return result;
}

/** |S|! (n - |S| - 2)! / (n - 1)! by size of S: 1 / ((n - 1) (n - 2 over |S|)). */
function setWeights(n: number): number[] {
  let choose = 1;
  return Array.from({ length: Math.max(0, n - 1) }, (_, size) => {
    if (size > 0) choose = (choose * (n - 1 - size)) / size;
    return 1 / ((n - 1) * choose);
  });
}

function sizeOf(set: number): number {
  let size = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) size++;
  return size;
}
