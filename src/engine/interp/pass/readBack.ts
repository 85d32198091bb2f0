/**
 * Collects what a method wants on the host while its work is recorded, then reads all of it in one go. Tensors are
 * taken out of their scopes until then.
 */
import type { BufferSlice } from "../../device/device";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { Weights } from "../../models/architecture";
import type { Vector } from "../../ops/weights";

/** The numbers, once `read` is done. */
export type Later = () => Float32Array<ArrayBuffer>;

/** Runs `body` in a scope of its own; of the tensors in what it returns, only those that were kept live on. */
export function inScope<T>(memory: TensorMemory, body: () => T): T {
  let result: { readonly value: T } | undefined;
  memory.scope(() => {
    result = { value: body() };
  });
  if (result === undefined) throw new Error("the work was not recorded");
  return result.value;
}

/**
 * Records work, reads in one go what it asked for, and gives what `record` returned. Everything asked for is freed, also
 * where recording or reading throws.
 */
export async function readBack<T>(memory: TensorMemory, record: (back: ReadBack) => T): Promise<T> {
  const back = new ReadBack(memory);
  try {
    const result = back.record(() => record(back));
    await back.read();
    return result;
  } finally {
    back.release();
  }
}

export class ReadBack {
  /** What is asked for and not read yet. */
  readonly #asked: { readonly slice: BufferSlice; take(data: ArrayBuffer): void }[] = [];
  readonly #kept: Tensor[] = [];

  constructor(private readonly memory: TensorMemory) {}

  /** Records work in a scope of its own: of its tensors only those asked for outlive it. */
  record<T>(body: () => T): T {
    return inScope(this.memory, body);
  }

  tensor(tensor: Tensor): Later {
    this.#kept.push(this.memory.keep(tensor));
    return this.borrowed(tensor);
  }

  /** A tensor that somebody else frees, after the read. */
  borrowed(tensor: Tensor): Later {
    return this.#later({ buffer: tensor.buffer, offsetBytes: 0, sizeBytes: 4 * tensor.size });
  }

  /** `count` elements of a weight vector from `first` on; of none: nothing. */
  vector(vector: Vector | undefined, first = 0, count = vector?.size ?? 0): Later {
    if (vector === undefined) return () => new Float32Array(0);
    return this.#later({ buffer: vector.buffer, offsetBytes: 4 * first, sizeBytes: 4 * count });
  }

  /** A vector of the model's weights that may have no name, or not be there: nothing then. */
  part(
    weights: Pick<Weights, "vectorIfAny">,
    name: string | undefined,
    part: "weight" | "bias",
    ...range: [first: number, count: number] | []
  ): Later {
    return this.vector(name === undefined ? undefined : weights.vectorIfAny(`${name}.${part}`), ...range);
  }

  #later(slice: BufferSlice): Later {
    let values: Float32Array<ArrayBuffer> | undefined;
    this.#asked.push({ slice, take: (data) => (values = new Float32Array(data)) });
    return () => {
      if (values === undefined) throw new Error("numbers were used before they were read back");
      return values;
    };
  }

  /** Reads everything asked for since the last time and frees it. */
  async read(): Promise<void> {
    const asked = this.#asked.splice(0);
    try {
      const data = asked.length > 0 ? await this.memory.device.read(asked.map(({ slice }) => slice)) : [];
      asked.forEach(({ take }, i) => take(data[i] ?? new ArrayBuffer(0)));
    } finally {
      this.release();
    }
  }

  /** Frees what was asked for without reading it. */
  release(): void {
    this.#asked.splice(0);
    for (const tensor of this.#kept.splice(0)) this.memory.release(tensor);
  }
}
