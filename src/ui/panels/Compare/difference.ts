/**
 * Left minus right of one activation, row by row: the values that are drawn, and over the whole width of each row the
 * norms of both, of their difference, and their cosine. Sums are in f64. Elements that are not finite on either side
 * (scores of keys out of sight) have no difference and count nowhere.
 */

/** Cells that are kept to draw: past them neighbouring columns share one, which shows its largest |difference|. */
const MAX_CELLS = 4_000_000;

export interface Difference {
  readonly rows: number;
  /** Elements of a row. */
  readonly width: number;
  readonly cols: number;
  /** Elements to a column; 1 = exact. */
  readonly colStep: number;
  /** Left minus right, row-major; NaN = none. */
  readonly values: Float32Array;
  /** Euclidean norms over each whole row. */
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly difference: Float32Array;
  /** Cosine of the two rows; NaN where one of them is zero. */
  readonly cosine: Float32Array;
}

export class DifferenceRows implements Difference {
  readonly cols: number;
  readonly colStep: number;
  readonly values: Float32Array;
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly difference: Float32Array;
  readonly cosine: Float32Array;

  constructor(
    readonly rows: number,
    readonly width: number,
  ) {
    this.colStep = Math.max(1, Math.ceil((rows * width) / MAX_CELLS));
    this.cols = Math.ceil(width / this.colStep);
    const perRow = () => new Float32Array(rows).fill(NaN);
    [this.left, this.right, this.difference, this.cosine] = [perRow(), perRow(), perRow(), perRow()];
    this.values = new Float32Array(rows * this.cols).fill(NaN);
  }

  /** `a` and `b` are `width` elements of either side. */
  set(row: number, a: Float32Array, b: Float32Array): void {
    let [aa, bb, ab, dd] = [0, 0, 0, 0];
    for (let i = 0; i < this.width; i++) {
      const [x, y] = [a[i] ?? NaN, b[i] ?? NaN];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const d = x - y;
      aa += x * x;
      bb += y * y;
      ab += x * y;
      dd += d * d;
      const cell = row * this.cols + Math.floor(i / this.colStep);
      const held = this.values[cell] ?? NaN;
      if (!(Math.abs(held) >= Math.abs(d))) this.values[cell] = d;
    }
    this.left[row] = Math.sqrt(aa);
    this.right[row] = Math.sqrt(bb);
    this.difference[row] = Math.sqrt(dd);
    // Rounding may carry it past 1.
    this.cosine[row] = aa > 0 && bb > 0 ? Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb))) : NaN;
  }
}
