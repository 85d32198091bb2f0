/**
 * What the scorecard asks of a model, and nothing more: to read texts, and to write on. Texts come in groups that
 * share a beginning with a base text, which is computed once.
 */

/** A text that ends where the answer begins, and what is looked for after it. */
export interface ReadRow {
  readonly tokens: readonly number[];
  /** Of each token its position in the base text, where that is not its own; edits name positions there. */
  readonly origins?: readonly number[];
  readonly target: readonly number[];
}

export interface Reading {
  /** log p of each target token after everything before it, nats. */
  readonly logProbs: readonly number[];
  /** The most probable token at each of those places. */
  readonly best: readonly number[];
}

export interface WriteRow {
  readonly tokens: readonly number[];
  /** As in `ReadRow`. */
  readonly origins?: readonly number[];
  readonly most: number;
  /** 0 = greedy. */
  readonly temperature: number;
  readonly seed: number;
  /** Writing ends when what was written ends with one of these; it is part of the answer. */
  readonly until: readonly (readonly number[])[];
}

export interface Group<Row> {
  readonly base: readonly number[];
  readonly rows: readonly Row[];
}

export interface ChainReader {
  /** Answers in the order of groups and rows. */
  read(groups: readonly Group<ReadRow>[]): Promise<Reading[][]>;
  write(groups: readonly Group<WriteRow>[]): Promise<(readonly number[])[][]>;
  readonly evaluatedTokens: number;
}
