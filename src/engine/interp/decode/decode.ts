/**
 * Writing with a model, one token a pass: the loop of every method that writes.
 *
 *   1. each row reads the tokens that it has not read yet, all rows in one pass over the cache
 *   2. at the last of them its most probable tokens are read back, or one token is drawn on the device
 *   3. the chooser is told what came of every row, and gives the rows of the next pass: the same with the token that it
 *      chose, fewer where rows have ended, others that take their place
 *   4. without rows it is over
 */
import type { Pauser } from "../../../protocol/cancel";
import type { TopTokens } from "../../../protocol/run";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import type { KeyValueCache } from "../../ops/keyValueCache";
import type { Sampling } from "../../ops/score";
import { EMPTY_CONTEXT, type RowContext, type Segment } from "../batch/rowContext";
import { readCaptures, type RowCapture } from "../pass/captures";
import { readForward, recordForward } from "../pass/forwardPass";

/** What is read at the last token of each row. */
export type DecodeAsk =
  /** The k most probable tokens, to draw from on the host (see drawToken.ts). */
  | { readonly k: number }
  /** One token; its noise is named by the seed, the number of the pass and the row's place among the rows. */
  | { readonly sampling: Omit<Sampling, "step"> };

export interface Decoding {
  readonly model: Model;
  readonly cache: KeyValueCache;
  readonly ask: DecodeAsk;
  /** Sites to read back of every token that is read. */
  readonly capture?: ReadonlySet<Site>;
  readonly pauser: Pauser;
}

/** What came of one row in one pass. */
export interface DecodedRow<Row> {
  readonly row: Row;
  /** After the tokens that the row read. */
  readonly context: RowContext;
  /** Cache slots that they took; they stay taken until the caller gives them back. */
  readonly slots: readonly number[];
  /** Where k tokens were asked; else empty. */
  readonly top: TopTokens;
  /** Where one was to be drawn; else 0. */
  readonly drawn: number;
  readonly captures: readonly RowCapture[];
}

const NO_TOKENS: TopTokens = { ids: new Uint32Array(0), logProbs: new Float32Array(0) };

/** `choose` gives the rows of the next pass; `step` counts the passes from 0. */
export async function decode<Row extends Segment>(
  { model, cache, ask, capture, pauser }: Decoding,
  rows: readonly Row[],
  choose: (decoded: readonly DecodedRow<Row>[], step: number) => readonly Row[],
): Promise<void> {
  for (let step = 0; rows.length > 0; step++) {
    await pauser.pause();
    const places = rows.map(({ tokens }, segment) => ({ segment, index: tokens.length - 1 }));
    const pass = recordForward(model, cache, rows, {
      ...("k" in ask
        ? { top: { places, k: ask.k } }
        : { sample: { places, sampling: { ...ask.sampling, step } } }),
      ...(capture && { capture }),
    });
    const { top, sampled, captures } = await readForward(model, pass);
    const decoded = rows.map((row, i): DecodedRow<Row> => {
      const context = pass.contexts[i] ?? EMPTY_CONTEXT;
      return {
        ...{ row, context, slots: pass.takenBy[i] ?? [] },
        ...{ top: top[i] ?? NO_TOKENS, drawn: sampled[i] ?? 0 },
        captures: capture?.size ? readCaptures(model.config, captures, pass.packed, i, context) : [],
      };
    });
    rows = choose(decoded, step);
  }
}
