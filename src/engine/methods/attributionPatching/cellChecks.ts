/** Cells that are run exactly beside their estimates: those of the largest effects, and a draw from all by the seed. */
import type { CellCheck, CellCheckRequest, CheckedCell } from "../../../protocol/attributions";
import { Random } from "../../../random/random";
import { agreement } from "../../../statistics/agreement";
import type { SweepCell } from "../../interp/cells/sweepCells";

export class CellChecks {
  /** In the order of the grid, each once. */
  readonly cells: readonly SweepCell[];
  readonly #largest: ReadonlySet<SweepCell>;
  readonly #random: ReadonlySet<SweepCell>;
  readonly #exact = new Map<SweepCell, number>();

  /** `values`: estimates by place in the grid. */
  constructor(
    { largest, random, seed }: CellCheckRequest,
    candidates: readonly SweepCell[],
    private readonly values: Float32Array,
    private readonly base: number,
  ) {
    const effect = ({ index }: SweepCell) => Math.abs((values[index] ?? NaN) - base);
    const bySize = [...candidates].sort((a, b) => effect(b) - effect(a) || a.index - b.index);
    this.#largest = new Set(bySize.slice(0, largest));
    const drawn = new Random(seed).sample(candidates, Math.min(random, candidates.length));
    this.#random = new Set(drawn);
    this.cells = candidates.filter((cell) => this.#largest.has(cell) || this.#random.has(cell));
  }

  take(cells: readonly SweepCell[], metrics: readonly number[]): void {
    cells.forEach((cell, i) => this.#exact.set(cell, metrics[i] ?? NaN));
  }

  result(): CellCheck {
    const cells = this.cells.map((cell): CheckedCell => ({
      index: cell.index,
      estimate: this.values[cell.index] ?? NaN,
      exact: this.#exact.get(cell) ?? NaN,
      isLargest: this.#largest.has(cell),
      isRandom: this.#random.has(cell),
    }));
    const of = (some: readonly CheckedCell[]) =>
      agreement(
        some.map(({ estimate }) => estimate - this.base),
        some.map(({ exact }) => exact - this.base),
      );
    return {
      cells,
      largest: of(cells.filter(({ isLargest }) => isLargest)),
      random: of(cells.filter(({ isRandom }) => isRandom)),
      all: of(cells),
    };
  }
}
