/**
 * A question to the engine and its newest answer. An older answer that arrives later is dropped, and its run cancelled
 * where it can be. The answer before stays on screen while the next one is computed: `value` with `busy` is a stale
 * answer. Components get one from `session.query`, which clears it when the component goes.
 */
import { untrack } from "svelte";
import type { RunId } from "../../protocol/progress";
import { isVitrineError, messageOf } from "../../protocol/errors";

/** `partial` shows what is there so far; `isNewest` tells a long question whether its answer is still wanted. */
export type Question<T> = (runId: RunId, partial: (value: T) => void, isNewest: () => boolean) => Promise<T>;

/** Something that the question needs is not there yet: the last answer stays until it is. */
export const WAIT = "wait";

/** A question to ask now; undefined if there is none, and then there is no answer either. */
export type Next<T> = Question<T> | typeof WAIT | undefined;

let count = 0;

export class Query<T> {
  value = $state.raw<T | undefined>();
  busy = $state(false);
  error = $state.raw<string | undefined>();
  #runId: RunId | undefined;

  constructor(
    private readonly engine: { cancel(runId: RunId): Promise<void> },
    /** Called with an answer that is no longer shown, or never will be: what it holds in the engine can go. */
    private readonly release?: (value: T) => void,
  ) {}

  /** Asks now. Answers true if this was still the newest question. */
  async ask(question: Question<T>): Promise<boolean> {
    this.cancel();
    const runId = `query-${++count}`;
    this.#runId = runId;
    this.busy = true;
    this.error = undefined;
    const isNewest = () => this.#runId === runId;
    try {
      const show = (partial: T) => {
        if (isNewest()) this.value = partial;
      };
      this.#settle(await question(runId, show, isNewest), isNewest());
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

  /**
   * Asks again whenever something that `next` reads has changed; what the question itself reads counts for nothing.
   * Call while a component is set up.
   */
  follow(next: () => Next<T>): void {
    $effect(() => {
      const question = next();
      untrack(() => {
        if (question === undefined) this.clear();
        else if (question !== WAIT) void this.ask(question);
      });
    });
  }

  /** Clears the answer whenever something that `inputs` reads has changed. Call while a component is set up. */
  belongTo(inputs: () => unknown): void {
    $effect(() => {
      inputs();
      return () => this.clear();
    });
  }

  /** Stops what is under way; the value so far stays. */
  cancel(): void {
    if (this.#runId !== undefined) void this.engine.cancel(this.#runId);
    this.#runId = undefined;
    this.busy = false;
  }

  clear(): void {
    this.cancel();
    const { value } = this;
    this.value = undefined;
    this.error = undefined;
    if (value !== undefined) this.release?.(value);
  }

  #settle(value: T, isNewest: boolean): void {
    const old = isNewest ? this.value : value;
    if (isNewest) this.value = value;
    if (old !== undefined && old !== this.value) this.release?.(old);
  }
}
