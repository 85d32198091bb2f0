/**
 * The smallest interface that can run the engine: get memory, write it, run kernels over it, read it back.
 *
 * It is not an array library (shapes live in `tensor.ts`), it does not know kernels by name, and it never
 * chooses an algorithm: `ops` does. Two devices implement it: `webgpu.ts`, and `cpu.ts`, which runs each
 * kernel's own reference (or its WebAssembly SIMD twin).
 */
import type { Bindings, Kernel, KernelSpec, Params, ParamValues } from "./kernel";

export type DeviceKind = "webgpu" | "cpu";

/** A range of device memory. Only the device that made it can use it. */
export interface DeviceBuffer {
  readonly id: number;
  /** Capacity; at least what was asked for. */
  readonly sizeBytes: number;
  readonly label: string;
}

export interface BufferSlice {
  readonly buffer: DeviceBuffer;
  /** A multiple of 4. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Running totals since the device was made; tests and benchmarks read differences. */
export interface Counters {
  dispatches: number;
  submits: number;
  buffersCreated: number;
  bindGroupsCreated: number;
  pipelinesCreated: number;
  readBacks: number;
  bytesReadBack: number;
}

export interface DeviceLimits {
  /** Largest buffer that a kernel can bind, in bytes. */
  readonly maxBufferBytes: number;
  /** Everything together, in bytes; Infinity where the device does not tell. */
  readonly maxTotalBytes: number;
  /** Largest number of workgroups along one axis. */
  readonly maxWorkgroupsPerAxis: number;
}

export type KernelBuffers<K> =
  K extends KernelSpec<infer R, infer W, Params>
    ? { readonly [N in keyof R | keyof W]: DeviceBuffer }
    : never;
export type KernelParams<K> = K extends KernelSpec<Bindings, Bindings, infer P> ? ParamValues<P> : never;

export interface Device {
  readonly kind: DeviceKind;
  /** For people: the adapter's name, or "CPU". */
  readonly label: string;
  readonly limits: DeviceLimits;
  readonly counters: Readonly<Counters>;
  /** Settles with the reason when the device is gone for good; never rejects. */
  readonly lost: Promise<string>;

  /** Memory of at least `sizeBytes`, from a pool keyed by size, in a deterministic order. Content undefined. */
  allocate(sizeBytes: number, label: string): DeviceBuffer;
  /** Gives a buffer back to the pool. Work already recorded still sees it. */
  release(buffer: DeviceBuffer): void;
  /** Frees a buffer for good (model weights): it does not return to the pool. */
  free(buffer: DeviceBuffer): void;
  /** Copies host data in, before any kernel recorded later. `offsetBytes` is a multiple of 4. */
  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, offsetBytes?: number): void;
  /** Compiles kernels ahead of use, in parallel where the device can. */
  prepare(kernels: readonly Kernel[]): Promise<void>;
  /** Records one dispatch. Nothing runs before `submit` (the CPU device runs at once). */
  run<K extends Kernel>(kernel: K, buffers: KernelBuffers<K>, params: KernelParams<K>): void;
  /** Sends everything recorded since the last submit, as one submission. Does nothing if nothing was recorded. */
  submit(): void;
  /** Submits, then copies the slices to the host in one read-back, in order. */
  read(slices: readonly BufferSlice[]): Promise<ArrayBuffer[]>;
  destroy(): void;
}
