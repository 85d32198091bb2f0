/** Cases of `sampleToken`: every cut alone and together, cuts inside ties, cold and hot, NaN. Rows draw apart. */
import { kernelCases, noise, type KernelCase } from "../case";
import { sampleToken } from "./sampleToken";

interface Cut {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
}

function caseOf(label: string, rows: number, logits: Float32Array<ArrayBuffer>, cut: Cut = {}): KernelCase {
  const cols = logits.length / rows;
  return {
    label,
    params: { rows, cols, temperature: 1, topK: 0, topP: 1, seed: 1234567 + cols, step: rows, ...cut },
    buffers: { logits, ids: new Uint32Array(rows).fill(777) },
  };
}

const vocabulary = noise(24 * 1003, 5, 5);
const tied = noise(24 * 600, 6, 3).map(Math.round);

export default kernelCases(sampleToken, [
  caseOf("one column", 2, Float32Array.of(3, -3)),
  caseOf("three columns", 40, noise(40 * 3, 1)),
  caseOf("a vocabulary", 24, vocabulary),
  caseOf("cold", 24, vocabulary, { temperature: 0.2 }),
  caseOf("hot", 24, vocabulary, { temperature: 4 }),
  caseOf("top 1", 24, vocabulary, { topK: 1 }),
  caseOf("top 40", 24, vocabulary, { topK: 40, temperature: 2 }),
  caseOf("top k larger than the row", 40, noise(40 * 3, 2), { topK: 9 }),
  caseOf("top p", 24, vocabulary, { topP: 0.61 }),
  caseOf("top p of almost nothing", 24, vocabulary, { topP: 1e-9 }),
  caseOf("top k and top p, hot", 24, vocabulary, { topK: 50, topP: 0.83, temperature: 3 }),
  caseOf("top k cuts a tie", 24, tied, { topK: 77 }),
  caseOf("top p cuts a tie", 24, tied, { topP: 0.777, temperature: 1.7 }),
  caseOf(
    "NaN and -Infinity",
    30,
    Float32Array.from({ length: 30 * 6 }, (_, n) => [NaN, 1, -Infinity, 2, NaN, 0][n % 6] ?? 0),
    { topK: 5 },
  ),
  caseOf("only NaN", 1, new Float32Array(300).fill(NaN), { topK: 2, topP: 0.5 }),
]);
