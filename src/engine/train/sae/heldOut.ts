/** Rows that are kept apart: how well an autoencoder that learns reconstructs what it never sees. */
import type { Site } from "../../../protocol/sites";
import type { SiteRows } from "./activationRows";
import { columnSums } from "./columnSums";
import type { HostRows, TopKLearner } from "./topKLearner";

/** Rows that are measured at a time. */
const AT_ONCE = 1024;

/** The rows of two sites as a learner takes them: one array where the sites are the same. */
export function rowsOf(
  rows: SiteRows,
  { siteIn, siteOut }: { readonly siteIn: Site; readonly siteOut: Site },
  count: number,
): HostRows {
  const [x, target] = [rows.get(siteIn), rows.get(siteOut)];
  if (!x || !target) throw new Error(`activations of ${siteIn} and ${siteOut} were not read`);
  return { x, target, count };
}

/** Fraction of variance unexplained, around the mean of these rows, and mean active latents a row. */
export async function measureHeldOut(
  learner: TopKLearner,
  rows: HostRows,
): Promise<{ readonly fvu: number; readonly l0: number }> {
  let [squares, active] = [0, 0];
  for (let first = 0; first < rows.count; first += AT_ONCE) {
    const part = await learner.measure(partOf(rows, first, Math.min(AT_ONCE, rows.count - first)));
    squares += part.squares;
    active += part.active;
  }
  return { fvu: squares / squaresAroundMean(rows), l0: active / rows.count };
}

function partOf(rows: HostRows, first: number, count: number): HostRows {
  const part = (data: HostRows["x"]) => {
    const width = data.length / rows.count;
    return data.slice(first * width, (first + count) * width);
  };
  const x = part(rows.x);
  return { x, target: rows.x === rows.target ? x : part(rows.target), count };
}

function squaresAroundMean({ target, count }: HostRows): number {
  const columns = columnSums(target, target.length / count);
  return columns.reduce((total, { sum, square }) => total + square - (sum * sum) / count, 0);
}
