/**
 * Cuts a rectangle out of a tensor, or out of the difference of two. Where more falls into it than is drawn, elements
 * are pooled: each cell is its element of largest |x|, so that a single outlier never disappears.
 */
import type { TensorWindow, WindowData } from "../../protocol/analysis";
import { refuse } from "../../protocol/errors";

type Window = Omit<TensorWindow, "id" | "minus">;

const product = (sizes: readonly number[]) => sizes.reduce((all, n) => all * n, 1);

export function tensorWindow(
  data: Float32Array,
  shape: readonly number[],
  { rows, cols, leading, maxRows, maxCols }: Window,
  minus?: Float32Array,
): WindowData {
  if (leading.length > shape.length - 2) {
    refuse(`${leading.length} indices were given for a tensor of ${shape.length} axes; two must be left.`);
  }
  const height = shape[leading.length] ?? 1;
  const width = product(shape.slice(leading.length + 1));
  checkRange("rows", rows, height);
  checkRange("columns", cols, width);
  const start = matrixOf(shape, leading) * height * width;
  const rowStep = stepFor("rows", rows, maxRows);
  const colStep = stepFor("columns", cols, maxCols);
  const outRows = Math.ceil((rows[1] - rows[0]) / rowStep);
  const outCols = Math.ceil((cols[1] - cols[0]) / colStep);
  const pooled = new Float32Array(outRows * outCols);
  for (let row = 0; row < outRows; row++) {
    const firstRow = rows[0] + row * rowStep;
    const endRow = Math.min(rows[1], firstRow + rowStep);
    for (let col = 0; col < outCols; col++) {
      const firstCol = cols[0] + col * colStep;
      const endCol = Math.min(cols[1], firstCol + colStep);
      let kept: number | undefined;
      for (let i = firstRow; i < endRow; i++) {
        const from = start + i * width;
        for (let j = from + firstCol; j < from + endCol; j++) {
          const value = (data[j] ?? NaN) - (minus?.[j] ?? 0);
          kept = kept === undefined ? value : stronger(kept, value);
        }
      }
      pooled[row * outCols + col] = kept ?? NaN;
    }
  }
  return { rows: outRows, cols: outCols, rowStep, colStep, data: pooled };
}

/** The one of larger size; what is not finite (a masked score) only where there is nothing else. */
function stronger(kept: number, value: number): number {
  if (!Number.isFinite(value)) return kept;
  return !Number.isFinite(kept) || Math.abs(value) > Math.abs(kept) ? value : kept;
}

/** Which of the matrices the indices of the first axes name. */
function matrixOf(shape: readonly number[], leading: readonly number[]): number {
  return leading.reduce((matrix, index, axis) => {
    const size = shape[axis] ?? 0;
    if (!(Number.isInteger(index) && index >= 0 && index < size)) {
      refuse(`Index ${index} was asked of axis ${axis}, which has ${size}.`);
    }
    return matrix * size + index;
  }, 0);
}

function checkRange(what: string, [first, end]: readonly [number, number], size: number): void {
  const isRange = Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first <= end;
  if (!isRange || end > size) refuse(`The ${what} ${first} to ${end} were asked; there are ${size}.`);
}

function stepFor(what: string, [first, end]: readonly [number, number], most: number): number {
  if (!(most >= 1)) refuse(`A window of at most ${most} ${what} was asked; ask for at least one.`);
  return Math.max(1, Math.ceil((end - first) / most));
}
