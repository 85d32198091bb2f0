/** The slopes of ALiBi (Press et al. 2022, arXiv 2108.12409), as shaders and SIMD twins compute them for themselves. */

/**
 * Of n heads, n a power of two, head h has 2^(-maxAlibiBias (h + 1) / n): with 8, the paper's value, eight heads have
 * 1/2, 1/4 … 1/256. Of any other number of heads, those up to the last power of two n have the slopes of n heads, and
 * the rest take the first, third, fifth … slope of 2n heads. Without ALiBi (maxAlibiBias 0): 0.
 */
export function alibiSlope(head: number, heads: number, maxAlibiBias: number): number {
  if (maxAlibiBias === 0) return 0;
  const n = 2 ** Math.floor(Math.log2(heads));
  const steps = head < n ? (head + 1) / n : (2 * (head - n) + 1) / (2 * n);
  return 2 ** (-maxAlibiBias * steps);
}
