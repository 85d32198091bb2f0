/** The inverse of a symmetric positive definite [m, m] matrix by its Cholesky factor; undefined where it is singular. */
export function invertSymmetric(matrix: Float64Array, m: number): Float64Array | undefined {
  const factor = new Float64Array(m * m);
  let scale = 0;
  for (let i = 0; i < m; i++) scale = Math.max(scale, Math.abs(matrix[i * m + i] ?? 0));
  for (let j = 0; j < m; j++) {
    for (let i = j; i < m; i++) {
      let sum = matrix[i * m + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (factor[i * m + k] ?? 0) * (factor[j * m + k] ?? 0);
      if (i === j) {
        if (!(sum > 1e-13 * scale)) return undefined;
        factor[j * m + j] = Math.sqrt(sum);
      } else factor[i * m + j] = sum / (factor[j * m + j] ?? NaN);
    }
  }
  const inverse = new Float64Array(m * m);
  const column = new Float64Array(m);
  for (let c = 0; c < m; c++) {
    for (let i = 0; i < m; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) sum -= (factor[i * m + k] ?? 0) * (column[k] ?? 0);
      column[i] = i < c ? 0 : sum / (factor[i * m + i] ?? NaN);
    }
    for (let i = m - 1; i >= 0; i--) {
      let sum = column[i] ?? 0;
      for (let k = i + 1; k < m; k++) sum -= (factor[k * m + i] ?? 0) * (column[k] ?? 0);
      column[i] = sum / (factor[i * m + i] ?? NaN);
      inverse[i * m + c] = column[i] ?? NaN;
    }
  }
  return inverse;
}
