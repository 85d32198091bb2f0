/** Estimates the Shapley values of a game from some of its coalitions. Several games may share them: `width` outputs. */
export interface Estimator {
  /** Coalitions to be valued next, at most `most`; empty when nothing is left to learn. */
  next(most: number): boolean[][];
  /** Values of those, in that order: `width` outputs each. */
  add(values: readonly Float64Array[]): void;
  /** [player, output] row-major; NaN where nothing is known yet. Bounds are those of a 95 % interval. */
  estimates(): Estimates;
}

export interface Estimates {
  readonly phi: Float64Array;
  readonly standardError: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}
