/** Cases of the four steps: one row, a word of rows and one more, latents that nobody uses, empty slots. */
import { kernelCases, noise, type KernelCase } from "../case";
import { slotCounts, slotFirsts, slotMarks, slotOrder } from "./slotOrder";
import { slotCountsReference, slotFirstsReference, slotMarksReference } from "./slotOrder.ref";

const NONE = 0xffffffff;
const SIZES: readonly (readonly [label: string, rows: number, width: number, latents: number])[] = [
  ["one slot", 1, 1, 1],
  ["few rows", 5, 3, 7],
  ["a word of rows", 32, 4, 19],
  ["a word and one row more", 33, 8, 40],
  ["many latents", 70, 16, 1003],
  ["many rows of few latents", 300, 2, 3],
];

/** No latent twice in a row; the last slot of every third row is empty. */
function idsOf(rows: number, width: number, latents: number): Uint32Array<ArrayBuffer> {
  const starts = noise(rows, rows + width, 0.5);
  return Uint32Array.from({ length: rows * width }, (_, slot) => {
    const row = Math.floor(slot / width);
    const n = slot % width;
    if (row % 3 === 2 && n === width - 1) return NONE;
    return (Math.floor(((starts[row] ?? 0) + 0.5) * latents) + n) % latents;
  });
}

function steps([label, rows, width, latents]: (typeof SIZES)[number]) {
  const blocks = Math.ceil(rows / 32);
  const ids = idsOf(rows, width, latents);
  const empty = (length: number) => new Uint32Array(length).fill(777);
  const [marks, before] = [empty(blocks * latents), empty(blocks * latents)];
  const [counts, firsts] = [empty(latents), empty(latents + 1)];
  slotMarksReference({ ids, marks }, { rows, width, latents });
  slotCountsReference({ marks, before, counts }, { blocks, latents });
  slotFirstsReference({ counts, firsts }, { latents });
  const own = (params: KernelCase["params"], buffers: KernelCase["buffers"]) => ({ label, params, buffers });
  return {
    marks: own({ rows, width, latents }, { ids, marks: empty(blocks * latents) }),
    counts: own({ blocks, latents }, { marks, before: empty(blocks * latents), counts: empty(latents) }),
    firsts: own({ latents }, { counts, firsts: empty(latents + 1) }),
    order: own({ rows, width, latents }, { ids, marks, before, firsts, order: empty(rows * width) }),
  };
}

const all = SIZES.map(steps);

export default [
  kernelCases(
    slotMarks,
    all.map(({ marks }) => marks),
  ),
  kernelCases(
    slotCounts,
    all.map(({ counts }) => counts),
  ),
  kernelCases(
    slotFirsts,
    all.map(({ firsts }) => firsts),
  ),
  kernelCases(
    slotOrder,
    all.map(({ order }) => order),
  ),
];
