/** How fast this model is on this device, by the last work that was measured: for saying beforehand what work will cost. */
export class TokenSpeed {
  #perSecond: number | undefined;

  /** `result` is of work that began at `started` (performance.now()). */
  measured<T extends { readonly evaluatedTokens: number }>(started: number, result: T): T {
    const seconds = (performance.now() - started) / 1000;
    if (result.evaluatedTokens > 0 && seconds > 0) this.#perSecond = result.evaluatedTokens / seconds;
    return result;
  }

  /** Nothing before anything ran. */
  cost(tokens: number): { readonly seconds?: number } {
    return this.#perSecond === undefined ? {} : { seconds: tokens / this.#perSecond };
  }
}
