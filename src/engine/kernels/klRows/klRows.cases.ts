/** Cases of `klRows`: small and large vocabularies, equal, close, far, peaked and cut-off rows. */
import { kernelCases, noise, type CaseArray, type KernelCase } from "../case";
import { klRows } from "./klRows";

function caseOf(
  label: string,
  cols: number,
  pairs: readonly (readonly [number, number])[],
  scale: number,
  make: (pLogits: Float32Array<ArrayBuffer>) => CaseArray = () => noise(3 * cols, cols + 1, scale),
): KernelCase {
  const pLogits = noise(3 * cols, cols, scale);
  return {
    label,
    params: { count: pairs.length, cols },
    buffers: {
      pLogits,
      qLogits: make(pLogits),
      pairs: Uint32Array.from(pairs.flat()),
      kl: new Float32Array(pairs.length).fill(777),
    },
  };
}

const EACH = [
  [0, 0],
  [1, 1],
  [2, 2],
] as const;
const CROSSED = [
  [0, 2],
  [0, 1],
  [2, 1],
  [1, 0],
] as const;

export default kernelCases(klRows, [
  caseOf("one column", 1, EACH, 3),
  caseOf("fewer columns than invocations", 17, CROSSED, 5),
  caseOf("one round of columns", 256, CROSSED, 5),
  caseOf("one column more", 257, CROSSED, 5),
  caseOf("a vocabulary", 5003, CROSSED, 8),
  caseOf("flat rows", 1000, EACH, 0),
  { ...caseOf("equal rows", 1001, EACH, 6, (p) => p.slice()), tolerance: 0 },
  caseOf("the same row, shifted", 999, EACH, 6, (p) => p.map((x) => x - 300)),
  // Divergences around 1e-5: what counts is the tolerance relative to them.
  {
    ...caseOf("close rows", 1200, EACH, 6, (p) =>
      noise(3600, 8, 0.01).map((x, i) => Math.fround(x + (p[i] ?? 0))),
    ),
    tolerance: 1e-8,
  },
  caseOf("far rows", 300, CROSSED, 100),
  caseOf("tokens that cannot be, in both", 40, EACH, 4, (p) => {
    for (let i = 0; i < p.length; i += 3) p[i] = -Infinity;
    return p.map((x, i) => (i % 3 === 0 ? -3.4e38 : -x));
  }),
  caseOf("tokens that only p excludes", 40, EACH, 4, (p) => {
    const q = p.slice();
    for (let i = 0; i < p.length; i += 3) p[i] = -Infinity;
    return q;
  }),
  caseOf("tokens that only q excludes", 41, EACH, 4, (p) => p.map((x, i) => (i % 3 === 0 ? -Infinity : x))),
]);
