/** Cases of the sparse decoders: empty slots, chunks of a larger decoder, a start of its own for every row. */
import { kernelCases, noise, type KernelCase } from "../case";
import { floatSamples, halfSamples, type SampleWeights } from "../weights/sampleWeights";
import { sparseDecode, sparseDecodeHalf } from "./sparseDecode";

const NONE = 0xffffffff;

interface Options {
  /** Which latents the chunk holds, of twice as many. */
  readonly firstRow?: number;
  /** Slots that are added up. */
  readonly used?: number;
  /** Slots that are empty, of every other row. */
  readonly empty?: number;
  readonly ownStart?: boolean;
}

function casesOf(weights: SampleWeights): KernelCase[] {
  const caseOf = (
    label: string,
    [rows, width, cols, tableRows]: readonly [number, number, number, number],
    { firstRow = 0, used = width, empty = 0, ownStart = false }: Options = {},
  ): KernelCase => {
    const picks = noise(rows * width, rows + width, 0.5);
    const latents = firstRow > 0 ? 2 * tableRows : tableRows;
    const ids = Uint32Array.from(picks, (pick, i) => {
      const isEmpty = Math.floor(i / width) % 2 === 0 && i % width >= width - empty;
      return isEmpty ? NONE : Math.floor((pick + 0.5) * latents);
    });
    const startStride = ownStart ? cols : 0;
    return {
      label: `${label}: ${rows} x ${width} of ${latents}, ${cols} columns`,
      params: { rows, cols, width, used, firstRow, tableRows, startStride },
      buffers: {
        ...{ ids, values: noise(rows * width, 3, 4), w: weights(tableRows, cols) },
        start: noise(ownStart ? rows * cols : cols, 4, 2),
        y: new Float32Array(rows * cols).fill(7),
      },
    };
  };
  return [
    caseOf("one element", [1, 1, 1, 1]),
    caseOf("odd width of slots and columns", [3, 5, 67, 40]),
    caseOf("whole tiles", [4, 8, 128, 33]),
    caseOf("many latents", [5, 64, 131, 999]),
    caseOf("empty slots", [4, 9, 20, 50], { empty: 4 }),
    caseOf("only empty slots", [1, 3, 70, 9], { empty: 3 }),
    caseOf("the first slots", [3, 12, 33, 50], { used: 5 }),
    caseOf("a later chunk, on what the others gave", [4, 16, 65, 30], {
      firstRow: 30,
      empty: 2,
      ownStart: true,
    }),
    caseOf("a chunk in the middle", [4, 16, 64, 30], { firstRow: 11 }),
  ];
}

export default [
  kernelCases(sparseDecode, casesOf(floatSamples(6))),
  kernelCases(sparseDecodeHalf, casesOf(halfSamples)),
];
