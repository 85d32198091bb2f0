/**
 * Which tokens of two texts belong together. By position: those with the same index. By token: a longest common
 * subsequence, so that an inserted word leaves what follows aligned; tokens without a partner face a gap.
 */

/** One column of the two token rows: an index into each text, or a gap. */
export interface Column {
  readonly left?: number;
  readonly right?: number;
}

export type Pair = readonly [left: number, right: number];

/** Cells of the table of the longest common subsequence: 4,000 × 4,000 tokens. */
const MAX_CELLS = 16_000_000;

export function alignByPosition(leftLength: number, rightLength: number): Column[] {
  return Array.from({ length: Math.max(leftLength, rightLength) }, (_, i) => ({
    ...(i < leftLength && { left: i }),
    ...(i < rightLength && { right: i }),
  }));
}

/**
 * A longest common subsequence; where several are equally long, the one that keeps to the earlier tokens on the
 * right. Undefined if the texts are too long for the table.
 *
 *   1. take equal beginnings and ends off
 *   2. length[i][j] of what remains of both, from the end
 *   3. walk from the start: equal tokens pair up, else step over the token whose loss costs less
 */
export function alignByToken<T>(left: readonly T[], right: readonly T[]): Column[] | undefined {
  let start = 0;
  const shorter = Math.min(left.length, right.length);
  while (start < shorter && left[start] === right[start]) start++;
  let end = 0;
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end++;

  const [rows, cols] = [left.length - start - end, right.length - start - end];
  const stride = cols + 1;
  if ((rows + 1) * stride > MAX_CELLS) return undefined;
  const lengths = new Uint16Array((rows + 1) * stride);
  const lengthAt = (i: number, j: number) => lengths[i * stride + j] ?? 0;
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = cols - 1; j >= 0; j--) {
      lengths[i * stride + j] =
        left[start + i] === right[start + j]
          ? lengthAt(i + 1, j + 1) + 1
          : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }

  const columns: Column[] = [];
  for (let i = 0; i < start; i++) columns.push({ left: i, right: i });
  let [i, j] = [0, 0];
  while (i < rows || j < cols) {
    if (i < rows && j < cols && left[start + i] === right[start + j])
      columns.push({ left: start + i++, right: start + j++ });
    else if (j === cols || (i < rows && lengthAt(i + 1, j) >= lengthAt(i, j + 1)))
      columns.push({ left: start + i++ });
    else columns.push({ right: start + j++ });
  }
  for (let i = end; i > 0; i--) columns.push({ left: left.length - i, right: right.length - i });
  return columns;
}

export function pairsOf(columns: readonly Column[]): Pair[] {
  return columns.flatMap(({ left, right }) =>
    left === undefined || right === undefined ? [] : [[left, right] as const],
  );
}
