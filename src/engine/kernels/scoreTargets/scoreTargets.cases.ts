/** Cases of `scoreTargets`: small and large vocabularies, repeated and unordered asks, peaked and flat rows. */
import { kernelCases, noise, type KernelCase } from "../case";
import { scoreTargets } from "./scoreTargets";

function caseOf(
  label: string,
  rows: number,
  cols: number,
  count: number,
  scale: number,
  shift = 0,
): KernelCase {
  return {
    label,
    params: { count, cols },
    buffers: {
      logits: noise(rows * cols, rows + cols, scale).map((x) => x + shift),
      asks: Uint32Array.from({ length: 2 * count }, (_, n) => (n * 7919 + 13) % (n % 2 === 0 ? rows : cols)),
      scores: new Float32Array(count).fill(777),
    },
  };
}

export default kernelCases(scoreTargets, [
  caseOf("one column", 1, 1, 1, 3),
  caseOf("fewer columns than invocations", 3, 17, 9, 5),
  caseOf("one round of columns", 2, 256, 5, 5),
  caseOf("one column more", 2, 257, 5, 5),
  caseOf("a vocabulary", 4, 5003, 30, 8),
  caseOf("ties", 2, 1000, 3, 0),
  caseOf("large logits", 2, 300, 4, 100, -5000),
]);
