/** The calls under way that can be cancelled, by the ids that their callers chose. */
import { CancelToken } from "../../protocol/cancel";
import type { RunId } from "../../protocol/progress";

export class RunningCalls {
  readonly #tokens = new Map<RunId, CancelToken>();

  /** `runId` undefined: a call that nobody can cancel. */
  async cancellable<T>(runId: RunId | undefined, work: (token: CancelToken) => Promise<T>): Promise<T> {
    const token = new CancelToken();
    if (runId === undefined) return work(token);
    this.#tokens.set(runId, token);
    try {
      return await work(token);
    } catch (error) {
      // What failed leaves nothing under way.
      token.cancel();
      throw error;
    } finally {
      if (this.#tokens.get(runId) === token) this.#tokens.delete(runId);
    }
  }

  /** Unknown ids are ignored. */
  cancel(runId: RunId): void {
    this.#tokens.get(runId)?.cancel();
  }
}
