/**
 * Reverse mode: what was computed, in order, and the walk back.
 *
 *   forward   an op that reads a live tensor writes down its output, its inputs and its pullback; the output is live too
 *   backward  from the last entry to the first: an entry whose output has a cotangent asks its pullback for those of its
 *             live inputs; cotangents of a tensor that was used twice are added, in the order of the walk
 *
 * A tensor is live if it is watched or made from one that is, so that what lies before the watched tensors is never
 * written down, and what does not lead to the scalar has no cotangent and is passed over. Cotangents have one more axis
 * in front than their tensors: one row of the backward pass for each scalar. Weights are no tensors of the pass: an op names those
 * that it read, with a pullback each, and the tape asks for those that are wanted. None is, unless somebody says so.
 */
import type { FrozenPart } from "../../protocol/gradients/gradients";
import type {
  Pullback,
  Recording,
  Tensor,
  TensorMemory,
  WeightPullback,
  WeightTables,
} from "../device/tensor";
import { add } from "../kernels/binary/binary";

interface Entry {
  readonly output: Tensor;
  readonly inputs: readonly Tensor[];
  readonly pullback: Pullback;
  /** Those that are wanted. */
  readonly weights: readonly WeightPullback[];
}

/** Cotangents by tensor: f32 [scalars, …tensor]. */
export class Cotangents {
  readonly #of = new Map<Tensor, Tensor>();

  constructor(private readonly memory: TensorMemory) {}

  of(tensor: Tensor): Tensor | undefined {
    return this.#of.get(tensor);
  }

  add(tensor: Tensor, cotangent: Tensor): void {
    const known = this.#of.get(tensor);
    this.#of.set(tensor, known ? sum(this.memory, known, cotangent) : cotangent);
  }
}

/**
 * The gradients of wanted weights, each summed over all ops that read it (a tied table is read twice) and over the tapes of one
 * walk, for one scalar. Whoever made it releases them.
 */
export class WeightSums {
  readonly #sums = new Map<object, Tensor>();

  constructor(
    private readonly memory: TensorMemory,
    private readonly wanted: ReadonlySet<object>,
    readonly tables: WeightTables | undefined,
  ) {}

  wants(weight: object): boolean {
    return this.wanted.has(weight);
  }

  /** f32, in the shape of the weight; undefined where nothing reached it. */
  of(weight: object): Tensor | undefined {
    return this.#sums.get(weight);
  }

  add(weight: object, part: Tensor): void {
    const known = this.#sums.get(weight);
    this.#sums.set(weight, this.memory.keep(known ? sum(this.memory, known, part) : part));
    if (known) this.memory.release(known);
  }

  release(): void {
    for (const one of this.#sums.values()) this.memory.release(one);
    this.#sums.clear();
  }
}

export class Tape implements Recording {
  readonly #entries: Entry[] = [];
  readonly #live = new Set<Tensor>();

  constructor(
    private readonly memory: TensorMemory,
    private readonly frozen: ReadonlySet<FrozenPart> = new Set(),
    private readonly weights?: WeightSums,
  ) {}

  /** Runs `body` with this tape in the memory that ops are given. */
  during<T>(body: () => T): T {
    const before = this.memory.tape;
    this.memory.tape = this;
    try {
      return body();
    } finally {
      this.memory.tape = before;
    }
  }

  /** Its cotangent is wanted. */
  watch(tensor: Tensor): void {
    this.#live.add(tensor);
  }

  isLive(tensor: Tensor): boolean {
    return this.#live.has(tensor);
  }

  isFrozen(what: FrozenPart): boolean {
    return this.frozen.has(what);
  }

  get tables(): WeightTables | undefined {
    return this.weights?.tables;
  }

  record(
    output: Tensor,
    inputs: readonly Tensor[],
    pullback: Pullback,
    weights: readonly WeightPullback[] = [],
  ): void {
    const wanted = weights.filter(({ weight }) => this.weights?.wants(weight));
    if (wanted.length === 0 && !inputs.some((input) => this.isLive(input))) return;
    this.#live.add(output);
    this.#entries.push({ output, inputs, pullback, weights: wanted });
  }

  /** Walks back once, with the cotangents of what the scalars are read from; what it finds is added to them. */
  back(cotangents: Cotangents): void {
    for (const { output, inputs, pullback, weights } of this.#entries.reverse()) {
      const cotangent = cotangents.of(output);
      if (cotangent === undefined) continue;
      for (const one of weights) this.weights?.add(one.weight, one.pullback(cotangent));
      const wants = inputs.map((input) => this.isLive(input));
      const found = pullback(cotangent, wants);
      for (const [i, input] of inputs.entries()) {
        const part = found[i];
        if (wants[i] && part) cotangents.add(input, part);
      }
    }
  }
}

function sum(memory: TensorMemory, a: Tensor, b: Tensor): Tensor {
  if (a.size !== b.size)
    throw new Error(`cotangents of ${a.size} and ${b.size} numbers belong to one tensor`);
  const y = memory.make(a.shape, "sum of cotangents");
  memory.device.run(add, { a: a.buffer, b: b.buffer, y: y.buffer }, { count: a.size });
  return y;
}
