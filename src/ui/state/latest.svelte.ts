/**
 * The answer to the newest of several questions: an older one that arrives later is dropped, and cancelled where
 * it can be. The answer before stays on screen while the next one is computed.
 */
import type { RunId } from "../../protocol/progress";
import { isVitrineError, messageOf } from "../../protocol/errors";

let count = 0;

export class Latest<T> {
  value = $state.raw<T | undefined>();
  busy = $state(false);
  error = $state.raw<string | undefined>();
  #runId: RunId | undefined;

  constructor(private readonly cancelRun: (runId: RunId) => Promise<void>) {}

  /** Asks; `partial` shows what is there so far. Answers true if this was still the newest question. */
  async ask(question: (runId: RunId, partial: (value: T) => void) => Promise<T>): Promise<boolean> {
    this.cancel();
    const runId = `latest-${++count}`;
    this.#runId = runId;
    this.busy = true;
    this.error = undefined;
    const isNewest = () => this.#runId === runId;
    try {
      const value = await question(runId, (partial) => {
        if (isNewest()) this.value = partial;
      });
      if (isNewest()) this.value = value;
      return isNewest();
    } catch (error) {
      if (isNewest() && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
      return false;
    } finally {
      if (isNewest()) {
        this.busy = false;
        this.#runId = undefined;
      }
    }
  }

  /** Stops what is under way; the value so far stays. */
  cancel(): void {
    if (this.#runId !== undefined) void this.cancelRun(this.#runId);
    this.#runId = undefined;
    this.busy = false;
  }

  clear(): void {
    this.cancel();
    this.value = undefined;
    this.error = undefined;
  }
}
