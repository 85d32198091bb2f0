/** Counts the calls that use a model, so that one that was replaced is freed when the last of them is done. */
import { freeModel, type Model } from "../models/model";

export class ModelUse {
  readonly #users = new Map<Model, number>();
  /** What to do when nobody uses a model any more. */
  readonly #afterwards = new Map<Model, (() => void)[]>();

  async during<T>(model: Model, work: (model: Model) => Promise<T>): Promise<T> {
    this.#users.set(model, (this.#users.get(model) ?? 0) + 1);
    try {
      return await work(model);
    } finally {
      const left = (this.#users.get(model) ?? 1) - 1;
      if (left > 0) this.#users.set(model, left);
      else this.#users.delete(model);
      if (left === 0) {
        const last = this.#afterwards.get(model) ?? [];
        this.#afterwards.delete(model);
        last.forEach((free) => free());
      }
    }
  }

  /** Frees a model that nobody is given any more: now, or after the calls that use it. */
  retire(model: Model): void {
    this.afterUse(model, () => freeModel(model));
  }

  /** Frees what belongs to a model: now, or after the calls that use it. */
  afterUse(model: Model, free: () => void): void {
    if (this.#users.has(model)) this.#afterwards.set(model, [...(this.#afterwards.get(model) ?? []), free]);
    else free();
  }
}
