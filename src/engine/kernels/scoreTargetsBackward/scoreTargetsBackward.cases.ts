/** Cases of `scoreTargetsBackward`: small and large vocabularies, a target asked for twice, no ask, ties, several scalars. */
import { kernelCases, noise, type KernelCase } from "../case";
import { scoreTargetsBackward } from "./scoreTargetsBackward";

function caseOf(
  label: string,
  [own, cols, scalars]: readonly [number, number, number],
  /** Asks of each row, in turn. */
  counts: readonly number[],
  scale: number,
  shift = 0,
): KernelCase {
  const rows = scalars * own;
  const spans: number[] = [];
  const targets: number[] = [];
  for (let n = 0; n < rows; n++) {
    const count = counts[n % counts.length] ?? 0;
    spans.push(targets.length, count);
    // The second ask of a row names the target of its first.
    for (let e = 0; e < count; e++) targets.push((n * 7919 + Math.max(0, e - 1) * 31 + 13) % cols);
  }
  if (targets.length === 0) targets.push(0);
  return {
    label,
    params: { rows, own, cols },
    buffers: {
      logits: noise(own * cols, own + cols, scale).map((x) => x + shift),
      spans: Uint32Array.from(spans),
      targets: Uint32Array.from(targets),
      weights: noise(targets.length, 3, 2),
      // Every third row has logits only.
      totals: noise(rows, 4, 2).map((total, n) => (n % 3 === 2 ? 0 : total)),
      dLogits: new Float32Array(rows * cols).fill(777),
    },
  };
}

export default kernelCases(scoreTargetsBackward, [
  caseOf("one column", [1, 1, 1], [1], 3),
  caseOf("fewer columns than invocations", [3, 17, 2], [2, 0, 1], 5),
  caseOf("one round of columns", [2, 256, 1], [1], 5),
  caseOf("one column more", [2, 257, 3], [3, 1], 5),
  caseOf("a vocabulary", [2, 5003, 2], [1, 2], 8),
  caseOf("ties", [2, 1000, 1], [2], 0),
  caseOf("large logits", [2, 300, 1], [1], 100, -5000),
]);
