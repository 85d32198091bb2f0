/** Cases of `tokenStats`: small and large vocabularies, repeated and unordered asks, peaked, flat and cut-off rows. */
import { kernelCases, noise, type KernelCase } from "../case";
import { tokenStats } from "./tokenStats";

function caseOf(
  label: string,
  rows: number,
  cols: number,
  count: number,
  scale: number,
  logits = noise(rows * cols, rows + cols, scale),
): KernelCase {
  return {
    label,
    params: { count, cols },
    buffers: {
      logits,
      asks: Uint32Array.from({ length: 2 * count }, (_, n) => (n * 7919 + 13) % (n % 2 === 0 ? rows : cols)),
      stats: new Float32Array(3 * count).fill(777),
    },
  };
}

export default kernelCases(tokenStats, [
  caseOf("one column", 1, 1, 1, 3),
  caseOf("fewer columns than invocations", 3, 17, 9, 5),
  caseOf("one round of columns", 2, 256, 5, 5),
  caseOf("one column more", 2, 257, 5, 5),
  caseOf("a vocabulary", 4, 5003, 30, 8),
  caseOf("ties", 2, 1000, 3, 0),
  caseOf(
    "large logits",
    2,
    300,
    4,
    100,
    noise(600, 5, 100).map((x) => x - 5000),
  ),
  caseOf(
    "tokens that cannot be",
    2,
    40,
    6,
    4,
    noise(80, 6, 4).map((x, i) => (i % 3 === 0 ? -3.4e38 : x)),
  ),
]);
