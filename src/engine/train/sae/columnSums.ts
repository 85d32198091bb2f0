/** Sums over each column of rows on the host: what variances around a mean are made of. */

/** Of each column Σ x and Σ x², in f64. */
export function columnSums(
  rows: Float32Array,
  cols: number,
): { readonly sum: number; readonly square: number }[] {
  return Array.from({ length: cols }, (_, c) => {
    let [sum, square] = [0, 0];
    for (let at = c; at < rows.length; at += cols) {
      const value = rows[at] ?? 0;
      sum += value;
      square += value * value;
    }
    return { sum, square };
  });
}
