/** Cases of `editRowsBackward`: those of `editRows`, each for one scalar and for three. */
import { kernelCases, noise, type KernelCase } from "../case";
import editRowsCases from "../editRows/editRows.cases";
import { editRowsBackward } from "./editRowsBackward";

function caseOf(forward: KernelCase, scalars: number): KernelCase {
  const { rows: own = 0, cols = 0, offset = 0 } = forward.params;
  const { spans, entries, keeps } = forward.buffers as Record<"spans" | "entries", Uint32Array<ArrayBuffer>> &
    Record<"keeps", Float32Array<ArrayBuffer>>;
  const rows = scalars * own;
  const dy = noise(rows * cols, 9, 3);
  if (forward.label.includes("finite")) dy[3] = Infinity;
  return {
    label: `${forward.label}; scalars: ${scalars}`,
    params: { rows, own, cols, offset },
    buffers: { dy, spans, entries, keeps, dx: new Float32Array(rows * cols).fill(777) },
  };
}

export default kernelCases(
  editRowsBackward,
  editRowsCases.cases.flatMap((forward) => [caseOf(forward, 1), caseOf(forward, 3)]),
);
