/** Long calls: their names, and how far they are. */

/** Names a long call, so that it can be cancelled. Chosen by the caller; unique while the call runs. */
export type RunId = string;

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is being done, for people: "reading weights". */
  readonly note: string;
}
