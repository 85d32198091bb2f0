/**
 * Tensors: a buffer with a shape, and the three lifetimes that memory can have.
 *
 *   model   weights; made by the loader, freed with the model
 *   kept    captures and keys/values; live until released by hand
 *   scope   everything else; freed when the scope that made it ends
 *
 * A tensor is immutable: no op writes into one after it was made, so what was captured stays what it was.
 * There is no reference counting; using a freed tensor throws with the name of the op that made it.
 */
import type { FrozenPart } from "../../protocol/gradients/gradients";
import type { Device, DeviceBuffer } from "./device";

/**
 * Where ops tell what they computed while gradients are wanted (autodiff/tape.ts). An op says so after it ran; it is not
 * written down unless an input is live: wanted, or made from what is wanted.
 */
export interface Recording {
  isLive(tensor: Tensor): boolean;
  /** Held constant: attention patterns, or what norms divide by. Their pullback is zero. */
  isFrozen(what: FrozenPart): boolean;
  record(
    output: Tensor,
    inputs: readonly Tensor[],
    pullback: Pullback,
    /** Weights that the op read besides; the output is live where one is wanted. */
    weights?: readonly WeightPullback[],
  ): void;
  /** What pullbacks to weights read beside tensors; there where weights are wanted. */
  readonly tables: WeightTables | undefined;
}

/** Made on the host, and sent before anything is recorded. */
export interface WeightTables {
  /** Which rows of an index tensor name each row of a table. */
  readonly copies: ReadonlyMap<Tensor, Copies>;
  /** f32: as many as the longest weight of a norm has, or more. */
  readonly ones: Tensor;
}

/** A weight, known by its identity, and its gradient in f32 from the cotangent of an op's output, of one scalar. */
export interface WeightPullback {
  readonly weight: object;
  readonly pullback: (cotangent: Tensor) => Tensor;
}

/** Which copies each row of a table has, for the way back. Made on the host: the indices come from there. */
export interface Copies {
  /** u32 [copies]: the copies, sorted by the row that they are of. */
  readonly order: Tensor;
  /** u32 [n + 1]: where the copies of each row begin. */
  readonly firsts: Tensor;
}

/**
 * The cotangent of an op's output [scalars, …output] → those of its inputs, in order; `wants[i]` says whether input i is
 * live, and what is not wanted may be left out.
 */
export type Pullback = (cotangent: Tensor, wants: readonly boolean[]) => readonly (Tensor | undefined)[];

export class Tensor {
  #buffer: DeviceBuffer | undefined;
  /** Computes its content, which nobody has read yet. */
  #compute: (() => void) | undefined;

  constructor(
    buffer: DeviceBuffer,
    /** Outermost axis first; elements are 4 bytes, row-major. */
    readonly shape: readonly number[],
    /** The op that made it, for error messages. */
    readonly madeBy: string,
  ) {
    this.#buffer = buffer;
  }

  get buffer(): DeviceBuffer {
    if (this.#buffer === undefined)
      throw new Error(`the tensor made by ${this.madeBy} was used after it was freed`);
    const compute = this.#compute;
    this.#compute = undefined;
    compute?.();
    return this.#buffer;
  }

  /** Its content is computed when its buffer is first asked for, or never. */
  computeWhenRead(compute: () => void): void {
    this.#compute = compute;
  }

  get size(): number {
    return this.shape.reduce((product, n) => product * n, 1);
  }

  /** Takes the buffer out; the tensor is dead from here on. */
  drop(): DeviceBuffer {
    this.#compute = undefined;
    const buffer = this.buffer;
    this.#buffer = undefined;
    return buffer;
  }
}

/** The stack of open scopes of one device. */
export class TensorMemory {
  readonly #scopes: Set<Tensor>[] = [];

  /** Set while gradients are wanted; without it nothing is recorded, and nothing costs. */
  tape: Recording | undefined;

  constructor(readonly device: Device) {}

  /**
   * Computes what a tensor of the innermost scope holds: at once, or, while a block is run again for its gradients, when it is
   * first read, because no pullback reads what a block gives in the end.
   */
  fill(tensor: Tensor, compute: () => void): void {
    if (this.tape) tensor.computeWhenRead(compute);
    else compute();
  }

  /** Runs `body` without the tape: what it computes is one op, whose pullback its caller records. */
  untaped<T>(body: () => T): T {
    const { tape } = this;
    this.tape = undefined;
    try {
      return body();
    } finally {
      this.tape = tape;
    }
  }

  /** A tensor with undefined content, owned by the innermost scope (kept if no scope is open). */
  make(shape: readonly number[], madeBy: string): Tensor {
    const elements = shape.reduce((product, n) => product * n, 1);
    const tensor = new Tensor(this.device.allocate(elements * 4, madeBy), shape, madeBy);
    this.#scopes.at(-1)?.add(tensor);
    return tensor;
  }

  /** A tensor with host data. */
  from(
    data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
    shape: readonly number[],
    madeBy: string,
  ): Tensor {
    const tensor = this.make(shape, madeBy);
    this.device.write(tensor.buffer, data);
    return tensor;
  }

  /** Runs `body`, then frees every tensor it made, also where it throws, except the one it returns, which moves to the outer scope. */
  scope<T extends Tensor | void>(body: () => T): T {
    const owned = new Set<Tensor>();
    this.#scopes.push(owned);
    let result: T | undefined;
    try {
      result = body();
      return result;
    } finally {
      this.#scopes.pop();
      for (const tensor of owned) {
        if (tensor === result) this.#scopes.at(-1)?.add(tensor);
        else this.device.release(tensor.drop());
      }
    }
  }

  /** Runs `body`; every tensor it made lives until `release`, whatever scopes open and close in between. */
  held<T>(body: () => T): { readonly result: T; release(): void } {
    const owned = new Set<Tensor>();
    const release = () => {
      for (const tensor of owned) this.device.release(tensor.drop());
      owned.clear();
    };
    this.#scopes.push(owned);
    try {
      return { result: body(), release };
    } catch (error) {
      release();
      throw error;
    } finally {
      this.#scopes.pop();
    }
  }

  /** Takes a tensor out of its scope: it lives until `release`. */
  keep(tensor: Tensor): Tensor {
    for (const scope of this.#scopes) scope.delete(tensor);
    return tensor;
  }

  release(tensor: Tensor): void {
    for (const scope of this.#scopes) scope.delete(tensor);
    this.device.release(tensor.drop());
  }
}
