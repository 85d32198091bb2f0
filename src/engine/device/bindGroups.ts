/** Bind groups by (kernel, buffers): made once, found again by the second identical forward. */
import type { Counters } from "./device";
import { PARAMETER_BYTES } from "./parameterArena";
import type { CompiledKernel } from "./pipelines";

export class BindGroups {
  readonly #groups = new Map<string, GPUBindGroup>();
  readonly #ids = new WeakMap<GPUBuffer, number>();
  /** Keys of the groups that name a buffer, so that freeing it drops them. */
  readonly #keysOf = new Map<number, Set<string>>();
  #nextId = 1;

  constructor(
    private readonly device: GPUDevice,
    private readonly counters: Counters,
  ) {}

  get(
    { kernel, layout }: CompiledKernel,
    parameters: GPUBuffer,
    buffers: readonly GPUBuffer[],
  ): GPUBindGroup {
    const ids = [parameters, ...buffers].map((buffer) => this.#idOf(buffer));
    const key = `${kernel.name}:${ids.join(",")}`;
    const found = this.#groups.get(key);
    if (found) return found;
    const group = this.device.createBindGroup({
      label: kernel.name,
      layout,
      entries: [
        { binding: 0, resource: { buffer: parameters, size: PARAMETER_BYTES } },
        ...buffers.map((buffer, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    });
    this.counters.bindGroupsCreated++;
    this.#groups.set(key, group);
    for (const id of ids) this.#keysOf.set(id, (this.#keysOf.get(id) ?? new Set()).add(key));
    return group;
  }

  /** Drops every group that names the buffer. */
  forget(buffer: GPUBuffer): void {
    const id = this.#idOf(buffer);
    for (const key of this.#keysOf.get(id) ?? []) this.#groups.delete(key);
    this.#keysOf.delete(id);
  }

  #idOf(buffer: GPUBuffer): number {
    const known = this.#ids.get(buffer);
    if (known !== undefined) return known;
    this.#ids.set(buffer, this.#nextId);
    return this.#nextId++;
  }
}
