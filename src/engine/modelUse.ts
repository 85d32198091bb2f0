/** Counts the calls that use a model, so that one that was replaced is freed when the last of them is done. */
import { freeModel, type Model } from "./models/model";

export class ModelUse {
  readonly #users = new Map<Model, number>();
  readonly #retired = new Set<Model>();

  async during<T>(model: Model, work: (model: Model) => Promise<T>): Promise<T> {
    this.#users.set(model, (this.#users.get(model) ?? 0) + 1);
    try {
      return await work(model);
    } finally {
      const left = (this.#users.get(model) ?? 1) - 1;
      if (left > 0) this.#users.set(model, left);
      else this.#users.delete(model);
      if (left === 0 && this.#retired.delete(model)) freeModel(model);
    }
  }

  /** Frees a model that nobody is given any more: now, or after the calls that use it. */
  retire(model: Model): void {
    if (this.#users.has(model)) this.#retired.add(model);
    else freeModel(model);
  }
}
