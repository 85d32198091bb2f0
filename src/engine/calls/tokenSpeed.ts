/** How fast this model is on this device, by the last work that was measured: for saying beforehand what work will cost. */
export class TokenSpeed {
  #perSecond: number | undefined;

  /** Does the work and measures it. */
  async timed<T extends { readonly evaluatedTokens: number }>(work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    const seconds = (performance.now() - started) / 1000;
    if (result.evaluatedTokens > 0 && seconds > 0) this.#perSecond = result.evaluatedTokens / seconds;
    return result;
  }

  /** Seconds for so many tokens; nothing before anything ran. */
  cost(tokens: number): { readonly seconds?: number } {
    return this.#perSecond === undefined ? {} : { seconds: tokens / this.#perSecond };
  }
}
