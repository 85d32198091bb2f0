/**
 * Captured tensors by id, on the host, until the page releases them. Views draw small windows of them, so tensors stay
 * here. They outlive the model that they come from. How much is held is bounded.
 */
import type { CapturePlan, TensorRef, TensorStats, TensorWindow, WindowData } from "../../protocol/analysis";
import { VitrineError } from "../../protocol/errors";
import { toHookName } from "../../protocol/sites";
import { writeSafetensors, type TensorToWrite } from "../formats/writeSafetensors";
import type { CapturedTensor } from "../methods/capture/capture";
import { tensorStats } from "./tensorStats";
import { tensorWindow } from "./tensorWindow";

/** Most that is held at once. */
export const MAX_HELD_BYTES = 1.5 * 2 ** 30;

interface HeldTensor extends TensorRef {
  readonly data: Float32Array;
  /** Worked out so far: its own, and those of its differences from others, by their ids. */
  readonly stats: Map<number | undefined, TensorStats>;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

export class CaptureStore {
  readonly #held = new Map<number, HeldTensor>();
  #heldBytes = 0;
  #nextId: number;

  /** Ids of an engine that was started again never equal those of the one before it, which views may still name. */
  constructor(
    private readonly limitBytes = MAX_HELD_BYTES,
    firstId = Date.now() * 1000,
  ) {
    this.#nextId = firstId;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  limited(plan: Omit<CapturePlan, "limitBytes">): CapturePlan {
    return { ...plan, limitBytes: this.limitBytes };
  }

  /** Throws if so much more cannot be held. */
  checkRoom(bytes: number): void {
    if (bytes > this.limitBytes) {
      refuse(
        `This capture takes ${gibibytes(bytes)}; at most ${gibibytes(this.limitBytes)} are held. Choose fewer sites, or shorter or fewer prompts.`,
      );
    }
    if (this.#heldBytes + bytes > this.limitBytes) {
      refuse(
        `This capture takes ${gibibytes(bytes)}, and other captures hold ${gibibytes(this.#heldBytes)} of at most ${gibibytes(this.limitBytes)}. Release some, or choose fewer sites.`,
      );
    }
  }

  put(tensors: readonly CapturedTensor[]): TensorRef[] {
    const bytes = tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
    this.checkRoom(bytes);
    this.#heldBytes += bytes;
    return tensors.map(({ prompt, site, shape, data }) => {
      const ref: TensorRef = { id: this.#nextId++, prompt, site, shape };
      this.#held.set(ref.id, { ...ref, data, stats: new Map() });
      return ref;
    });
  }

  /** Unknown ids are ignored. */
  release(ids: readonly number[]): void {
    for (const id of ids) {
      this.#heldBytes -= this.#held.get(id)?.data.byteLength ?? 0;
      this.#held.delete(id);
    }
  }

  /** Worked out once. */
  stats(id: number, minus?: number): TensorStats {
    const { data, shape, stats } = this.#tensor(id);
    const known = stats.get(minus);
    if (known) return known;
    const other = minus === undefined ? undefined : this.#subtrahend(shape, minus);
    const found = tensorStats(other ? data.map((value, i) => value - (other[i] ?? 0)) : data, shape);
    stats.set(minus, found);
    return found;
  }

  window(window: TensorWindow): WindowData {
    const { data, shape } = this.#tensor(window.id);
    const other = window.minus === undefined ? undefined : this.#subtrahend(shape, window.minus);
    return tensorWindow(data, shape, window, other);
  }

  /** Whole tensors as a file: hook names as keys, and before them the prompt where there are several. */
  async file(
    ids: readonly number[],
    format: "safetensors" | "npz",
    metadata: Readonly<Record<string, string>>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const tensors = ids.map((id) => this.#tensor(id));
    const isOne = new Set(tensors.map(({ prompt }) => prompt)).size <= 1;
    const named = tensors.map(({ prompt, site, shape, data }): TensorToWrite => {
      const hook = toHookName(site);
      return { name: isOne ? hook : `prompt.${prompt}.${hook}`, shape, data };
    });
    const names = new Set<string>();
    for (const { name } of named) {
      if (names.has(name))
        throw new VitrineError("Unsupported", `${name} was asked twice; write it to two files.`);
      names.add(name);
    }
    // Most visits write no file: the code is fetched with the first one.
    if (format === "npz") return (await import("../formats/bytes/writeNpz")).writeNpz(named, metadata);
    return writeSafetensors(named, metadata);
  }

  #subtrahend(shape: readonly number[], id: number): Float32Array {
    const other = this.#tensor(id);
    if (String(other.shape) === String(shape)) return other.data;
    throw new VitrineError(
      "Unsupported",
      `There is no difference of tensors of shapes [${shape.join(", ")}] and [${other.shape.join(", ")}].`,
    );
  }

  #tensor(id: number): HeldTensor {
    const tensor = this.#held.get(id);
    if (tensor) return tensor;
    throw new VitrineError("Unsupported", `Captured tensor ${id} is not held any more; capture it again.`);
  }
}

function refuse(message: string): never {
  throw new VitrineError("OutOfMemory", message);
}
