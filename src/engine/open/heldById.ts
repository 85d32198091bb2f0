/** What the engine holds for the page, each under an id, until the page releases it or the model is another. */
import { refuse } from "../../protocol/errors";

export class HeldById<T> {
  readonly #held = new Map<number, T>();
  /** Ids of an engine that was started again never equal those of the one before it, which views may still name. */
  #nextId = Date.now() * 1000;

  /** `gone`: what is said of an id that nothing is held under any more, and the cure. */
  constructor(private readonly gone: string) {}

  newId(): number {
    return this.#nextId++;
  }

  hold(id: number, value: T): void {
    this.#held.set(id, value);
  }

  find(id: number): T {
    return this.#held.get(id) ?? refuse(this.gone);
  }

  get all(): readonly T[] {
    return [...this.#held.values()];
  }

  /** What was held, if it was: it may have to be freed. */
  release(id: number): T | undefined {
    const held = this.#held.get(id);
    this.#held.delete(id);
    return held;
  }

  forget(): void {
    this.#held.clear();
  }
}
