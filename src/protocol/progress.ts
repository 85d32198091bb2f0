/** Long calls: their names, how far they are, and when what is there is shown. */

/** Names a long call, so that it can be cancelled. Chosen by the caller; unique while the call runs. */
export type RunId = string;

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is being done, for people: "reading weights". */
  readonly note: string;
}

/** Least time between partial results, in ms; with a batch of work on top they come about every 100 ms. */
const LEAST_MS = 50;

/** Called whenever there is more: shows what there is, unless that was done less than `leastMs` ago. */
export function showNowAndThen<T>(
  show: ((partial: T) => void) | undefined,
  partial: () => T,
  leastMs = LEAST_MS,
): () => void {
  let shown = performance.now();
  return () => {
    if (!show || performance.now() - shown < leastMs) return;
    shown = performance.now();
    show(partial());
  };
}
