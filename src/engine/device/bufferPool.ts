/**
 * Free buffers, by size class. Of those that fit the oldest is taken first, whatever the order in which they came
 * back: the same work then gets the same buffers every time, and with them the bind groups that it had before.
 */
export class BufferPool<B extends object> {
  readonly #ages = new WeakMap<B, number>();
  /** Newest first. */
  readonly #free = new Map<number, B[]>();
  #next = 0;

  /** Any free buffer of the class, or undefined. */
  take(classBytes: number): B | undefined {
    return this.#free.get(classBytes)?.pop();
  }

  /** Gives a buffer (back); one that was never here before counts as the newest. */
  give(classBytes: number, buffer: B): void {
    const age = this.ageOf(buffer);
    const list = this.#free.get(classBytes) ?? [];
    const after = list.findIndex((other) => this.ageOf(other) < age);
    list.splice(after < 0 ? list.length : after, 0, buffer);
    this.#free.set(classBytes, list);
  }

  /** Buffers age from the first time that the pool hears of them. */
  ageOf(buffer: B): number {
    const known = this.#ages.get(buffer);
    if (known !== undefined) return known;
    this.#ages.set(buffer, this.#next);
    return this.#next++;
  }
}
