/**
 * Cooperative cancellation: long work calls `pause()` now and then. It lets waiting messages in, and throws
 * Cancelled if one of them asked for it.
 */
import { VitrineError } from "./errors";

export interface Pauser {
  /** Resolves in a later macrotask; rejects with Cancelled if the work was cancelled. */
  pause(): Promise<void>;
}

/** A macrotask away: `setTimeout` would add 4 ms to each. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

export class CancelToken implements Pauser {
  readonly #controller = new AbortController();

  /** For what waits on others, such as the network, and cannot pause. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    this.#controller.abort();
  }

  async pause(): Promise<void> {
    await nextTask();
    if (this.signal.aborted) throw new VitrineError("Cancelled", "Cancelled.");
  }
}

/** For work that nobody cancels. */
export const NEVER_CANCELLED: Pauser = { pause: nextTask };
