/**
 * The parameters of every dispatch of one submit, in one uniform buffer, sent by one write. Each dispatch finds
 * its own by a dynamic offset.
 */
import type { Kernel } from "./kernel";

/** What a dispatch's parameters take at most; also the largest alignment that dynamic offsets may need. */
export const PARAMETER_BYTES = 256;
/** Dispatches of one submit; more are sent in a further submit. */
const SLOTS = 4096;

export class ParameterArena {
  readonly buffer: GPUBuffer;
  readonly #host = new DataView(new ArrayBuffer(SLOTS * PARAMETER_BYTES));
  #used = 0;

  constructor(private readonly device: GPUDevice) {
    this.buffer = device.createBuffer({
      label: "parameters",
      size: SLOTS * PARAMETER_BYTES,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  get isFull(): boolean {
    return this.#used === SLOTS;
  }

  /** Writes a dispatch's parameters; returns their offset. */
  add(kernel: Kernel, params: Readonly<Record<string, number>>): number {
    const offset = this.#used++ * PARAMETER_BYTES;
    for (const [index, [name, type]] of Object.entries(kernel.params).entries()) {
      const value = params[name];
      if (value === undefined) throw new Error(`${kernel.name} needs a parameter ${name}`);
      const at = offset + index * 4;
      if (type === "f32") this.#host.setFloat32(at, value, true);
      else if (type === "u32") this.#host.setUint32(at, value, true);
      else this.#host.setInt32(at, value, true);
    }
    return offset;
  }

  upload(): void {
    if (this.#used > 0)
      this.device.queue.writeBuffer(this.buffer, 0, this.#host.buffer, 0, this.#used * PARAMETER_BYTES);
  }

  reset(): void {
    this.#used = 0;
  }
}
