/**
 * Keys and values of every token that later tokens may look at: per layer one buffer of keys and one of
 * values, [slot, kvHeads * dHead] f32, and one list of free slots for all layers. A row of a run is a list of
 * slots, so rows share a prefix by naming the same slots and hide a key by leaving its slot out.
 */
import type { Tensor, TensorMemory } from "../device/tensor";

export interface LayerCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export class KeyValueCache {
  readonly layers: readonly LayerCache[];
  /** The keys in it are those of texts longer than the model's short context; undefined while it is empty. */
  isLong: boolean | undefined;
  readonly #free: number[];

  constructor(
    readonly memory: TensorMemory,
    nLayers: number,
    /** Slots: how many tokens it can hold at once. */
    readonly capacity: number,
    /** kvHeads * dHead. */
    width: number,
  ) {
    const make = (name: string) => memory.keep(memory.make([capacity, width], name));
    this.layers = Array.from({ length: nLayers }, () => ({ keys: make("keys"), values: make("values") }));
    this.#free = Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
  }

  take(count: number): number[] {
    if (count > this.#free.length) {
      throw new Error(
        `the key-value cache has ${this.#free.length} free slots of ${this.capacity}, ${count} needed`,
      );
    }
    // Lowest first, so that the same run gets the same slots every time.
    return this.#free.splice(this.#free.length - count, count).reverse();
  }

  giveBack(slots: readonly number[]): void {
    this.#free.push(...[...slots].reverse());
    if (this.#free.length === this.capacity) this.isLong = undefined;
  }

  release(): void {
    // Last made, first released: the next cache of this size gets the same buffers for the same layers.
    for (const { keys, values } of [...this.layers].reverse()) {
      this.memory.release(values);
      this.memory.release(keys);
    }
  }
}
