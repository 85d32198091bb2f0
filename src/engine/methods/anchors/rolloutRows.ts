/**
 * The rows of all rollouts: which are being written, what each writes next, and which begin where others have ended. Their
 * tokens are drawn on the host.
 */
import type { Rollout, RolloutsRequest } from "../../../protocol/anchors";
import type { TopTokens } from "../../../protocol/run";
import type { RowContext, Segment } from "../../interp/batch/rowContext";
import type { ChainEdits } from "../../interp/coalitions/chainEdits";
import type { DecodedRow } from "../../interp/decode/decode";
import { drawToken } from "../../interp/decode/drawToken";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { Written, type Job, type Reading } from "./rolloutText";
import type { Starts } from "./starts";
import { uniformAt } from "../../../random/seedAt";

export type RolloutRow = Segment & { readonly written: Written };

export class RolloutRows {
  readonly done: Rollout[] = [];
  readonly #jobs: readonly Job[];
  #next = 0;

  constructor(
    private readonly starts: Starts,
    private readonly reading: Reading,
    private readonly request: RolloutsRequest,
    private readonly edits: ChainEdits | undefined,
    private readonly cache: KeyValueCache,
    /** Columns of the residual stream. */
    private readonly width: number,
  ) {
    // One of every start before the next of any: partial counts are even.
    this.#jobs = Array.from({ length: request.rollouts }, (_, index) =>
      [false, true].flatMap((forced) => starts.free.map((_start, start) => ({ start, index, forced }))),
    ).flat();
  }

  /** The rows among these that write on, with what they read next. */
  goOn(decoded: readonly DecodedRow<RolloutRow>[]): RolloutRow[] {
    for (const { row, slots, captures } of decoded) {
      row.written.slots.push(...slots);
      const [residual] = captures;
      if (residual) row.written.read(residual.data);
    }
    return decoded.flatMap(({ row: { written }, context, top }) =>
      this.#write(written, top) ? [this.#reads(written, context)] : [],
    );
  }

  /** At most so many rows that have not begun; the first token of each is chosen at its start. */
  others(most: number): RolloutRow[] {
    const { free, forced } = this.starts;
    const found: RolloutRow[] = [];
    while (found.length < most && this.#next < this.#jobs.length) {
      const job = this.#jobs[this.#next++];
      const start = job && (job.forced ? forced : free)[job.start];
      if (!job || !start) continue;
      const written = new Written(job, this.reading, start.last, this.width);
      if (this.#write(written, start.top)) found.push(this.#reads(written, start.context));
    }
    return found;
  }

  #reads(written: Written, context: RowContext): RolloutRow {
    const token = written.tokens.at(-1) ?? 0;
    return { ...(this.edits?.written(context, token) ?? { context, tokens: [token] }), written };
  }

  /** Whether the row writes on. */
  #write(row: Written, top: TopTokens): boolean {
    const { seed, temperature, topP } = this.request;
    const { start, index, forced } = row.job;
    const at = uniformAt(seed, start, index, Number(forced), row.tokens.length);
    row.write(drawToken(top, temperature, topP, at));
    if (!row.ended) return true;
    this.done.push(row.rollout(forced ? [] : this.starts.old));
    this.cache.giveBack(row.slots);
    return false;
  }
}
