/** Progress in Node: one line on a terminal that renews itself; nothing elsewhere, where lines would only pile up. */
import type { WriteStream } from "node:tty";

const START_OF_LINE = "\r\u001b[K";
const EVERY_MS = 100;
const WIDEST = 79;

type Terminal = Pick<WriteStream, "write"> & { readonly isTTY?: boolean; readonly columns?: number };

export class ProgressLine {
  #shown = false;
  #lastMs = -Infinity;

  constructor(
    private readonly stream: Terminal,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** At most ten times a second; the last news before `end` may be left out. */
  show(text: string): void {
    const now = this.nowMs();
    if (this.stream.isTTY !== true || now - this.#lastMs < EVERY_MS) return;
    this.#lastMs = now;
    this.#shown = true;
    // A line that wraps could not be taken back.
    this.stream.write(START_OF_LINE + text.slice(0, Math.min(WIDEST, (this.stream.columns ?? 80) - 1)));
  }

  /** Takes the line away, so that what comes next begins at the left. */
  end(): void {
    if (this.#shown) this.stream.write(START_OF_LINE);
    this.#shown = false;
    this.#lastMs = -Infinity;
  }
}
