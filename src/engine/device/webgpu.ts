/**
 * The WebGPU device, in the browser and, through a binding, in Node.
 *
 * What costs time on a GPU at this size is API calls, so: every dispatch since the last submit goes into one
 * pass of one submit; parameters of all of them travel in one write (the arena); buffers come from a pool and
 * bind groups from a cache, so that a second identical forward creates nothing; results come back in one map.
 */
import { VitrineError } from "../../protocol/errors";
import { BindGroups } from "./bindGroups";
import { BufferPool } from "./bufferPool";
import { bufferClassBytes } from "./bufferClass";
import type { BufferSlice, Counters, Device, DeviceBuffer, DeviceLimits } from "./device";
import type { Kernel } from "./kernel";
import { ParameterArena } from "./parameterArena";
import { Pipelines, type CompiledKernel } from "./pipelines";

export interface GpuBuffer extends DeviceBuffer {
  readonly gpu: GPUBuffer;
}

export interface WebGpuDevice extends Device {
  readonly kind: "webgpu";
  /** Destroys the GPU device, as a driver reset would: tests show that the session survives. */
  lose(): void;
}

export interface WebGpuOptions {
  readonly adapter: GPUAdapter;
  /** Stay at the limits that every WebGPU device has. */
  readonly defaultLimits?: boolean;
}

/** Larger limits that are asked for where the adapter offers them. */
const WANTED_LIMITS = ["maxBufferSize", "maxStorageBufferBindingSize"] as const;

export async function createWebGpuDevice({
  adapter,
  defaultLimits = false,
}: WebGpuOptions): Promise<WebGpuDevice> {
  const requiredLimits = defaultLimits
    ? {}
    : Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ label: "vitrine", requiredLimits });
  return new WebGpu(device, adapterLabel(adapter.info));
}

/** What people call the adapter; never empty. */
export function adapterLabel({ description, vendor, architecture, device }: GPUAdapterInfo): string {
  const parts = [description || device, vendor, architecture].filter(Boolean);
  return description || parts.join(" ") || "WebGPU adapter";
}

interface Dispatch {
  readonly compiled: CompiledKernel;
  readonly bindGroup: GPUBindGroup;
  readonly parameterOffset: number;
  readonly grid: readonly [number, number, number];
}

class WebGpu implements WebGpuDevice {
  readonly kind = "webgpu";
  readonly limits: DeviceLimits;
  readonly lost: Promise<string>;
  readonly counters: Counters = {
    dispatches: 0,
    submits: 0,
    buffersCreated: 0,
    bindGroupsCreated: 0,
    pipelinesCreated: 0,
    readBacks: 0,
    bytesReadBack: 0,
  };
  readonly #pipelines: Pipelines;
  readonly #bindGroups: BindGroups;
  readonly #arena: ParameterArena;
  readonly #pool = new BufferPool<GPUBuffer>();
  readonly #staging = new Map<number, GPUBuffer[]>();
  /** Buffers in use: releasing one twice would give it to two owners. */
  readonly #live = new Set<GPUBuffer>();
  #dispatches: Dispatch[] = [];
  #lostReason: string | undefined;
  /** The first error that the GPU reported on its own; the next read throws it. */
  #error: Error | undefined;
  #nextId = 1;

  constructor(
    private readonly device: GPUDevice,
    readonly label: string,
  ) {
    const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension } = device.limits;
    this.limits = {
      maxBufferBytes: Math.min(maxBufferSize, maxStorageBufferBindingSize),
      maxTotalBytes: Infinity,
      maxWorkgroupsPerAxis: maxComputeWorkgroupsPerDimension,
    };
    this.#pipelines = new Pipelines(device, this.counters);
    this.#bindGroups = new BindGroups(device, this.counters);
    this.#arena = new ParameterArena(device);
    this.lost = device.lost.then(({ message, reason }) => {
      this.#lostReason = message || `The GPU device was lost (${reason}).`;
      return this.#lostReason;
    });
    device.onuncapturederror = ({ error }) => {
      const name = error instanceof GPUOutOfMemoryError ? "OutOfMemory" : "Unsupported";
      this.#error ??= new VitrineError(name, `The GPU refused: ${error.message}`);
    };
  }

  allocate(sizeBytes: number, label: string): DeviceBuffer {
    this.#checkAlive();
    const bytes = Math.min(bufferClassBytes(sizeBytes), Math.max(this.limits.maxBufferBytes, sizeBytes));
    if (bytes > this.limits.maxBufferBytes) {
      throw new VitrineError(
        "OutOfMemory",
        `${label} needs ${megabytes(sizeBytes)}; this GPU holds ${megabytes(this.limits.maxBufferBytes)} in one buffer. Use a shorter text or a smaller model.`,
      );
    }
    const recycled = this.#pool.take(bytes);
    const gpu =
      recycled ??
      this.#create(bytes, label, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST);
    this.#pool.ageOf(gpu);
    this.#live.add(gpu);
    const buffer: GpuBuffer = { id: this.#nextId++, sizeBytes: bytes, label, gpu };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    if (!this.#live.delete(gpuOf(buffer))) throw new Error(`${buffer.label} was released twice`);
    this.#pool.give(buffer.sizeBytes, gpuOf(buffer));
  }

  free(buffer: DeviceBuffer): void {
    // Recorded work may still need it.
    this.submit();
    const gpu = gpuOf(buffer);
    this.#live.delete(gpu);
    this.#bindGroups.forget(gpu);
    gpu.destroy();
  }

  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, offsetBytes = 0): void {
    this.#checkAlive();
    // A recycled buffer may still be read by work that is recorded but not submitted.
    if (this.#dispatches.length > 0) this.submit();
    if (data.byteLength === 0) return;
    this.device.queue.writeBuffer(gpuOf(buffer), offsetBytes, data.buffer, data.byteOffset, data.byteLength);
  }

  async prepare(kernels: readonly Kernel[]): Promise<void> {
    this.#checkAlive();
    await this.#pipelines.prepare(kernels);
  }

  run(
    kernel: Kernel,
    buffers: Readonly<Record<string, DeviceBuffer>>,
    params: Readonly<Record<string, number>>,
  ): void {
    this.#checkAlive();
    const compiled = this.#pipelines.get(kernel);
    const bound = compiled.bindings.map((name) => {
      const buffer = buffers[name];
      if (buffer === undefined) throw new Error(`${kernel.name} needs a buffer ${name}`);
      return gpuOf(buffer);
    });
    const grid = kernel.grid(params);
    if (grid.some((count) => count > this.limits.maxWorkgroupsPerAxis)) {
      throw new Error(
        `${kernel.name}: a grid of ${grid.join(" × ")} workgroups is past ${this.limits.maxWorkgroupsPerAxis}`,
      );
    }
    this.counters.dispatches++;
    const parameterOffset = this.#arena.add(kernel, params);
    this.#dispatches.push({
      compiled,
      bindGroup: this.#bindGroups.get(compiled, this.#arena.buffer, bound),
      parameterOffset,
      grid,
    });
    if (this.#arena.isFull) this.submit();
  }

  submit(): void {
    if (this.#dispatches.length > 0) this.#submit(() => undefined);
  }

  async read(slices: readonly BufferSlice[]): Promise<ArrayBuffer[]> {
    this.#checkAlive();
    const total = slices.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const bytes = bufferClassBytes(total);
    const staging =
      this.#staging.get(bytes)?.pop() ??
      this.#create(bytes, "staging", GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    this.#submit((encoder) => {
      let at = 0;
      for (const { buffer, offsetBytes, sizeBytes } of slices) {
        if (sizeBytes > 0) encoder.copyBufferToBuffer(gpuOf(buffer), offsetBytes, staging, at, sizeBytes);
        at += sizeBytes;
      }
    });
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, Math.max(4, total));
    } catch (cause) {
      // A lost device rejects the map before it announces the loss: with AbortError, which nothing else here causes.
      const isLost = cause instanceof DOMException && cause.name === "AbortError";
      const reason = await Promise.race([this.lost, ...(isLost ? [] : [shortly()])]);
      if (reason) throw new VitrineError("DeviceLost", reason, { cause });
      throw this.#takeError() ?? cause;
    }
    const mapped = staging.getMappedRange(0, Math.max(4, total));
    let at = 0;
    const copies = slices.map(({ sizeBytes }) => mapped.slice(at, (at += sizeBytes)));
    staging.unmap();
    this.#staging.set(bytes, [...(this.#staging.get(bytes) ?? []), staging]);
    this.counters.readBacks++;
    this.counters.bytesReadBack += total;
    const error = this.#takeError();
    if (error) throw error;
    return copies;
  }

  #takeError(): Error | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  lose(): void {
    this.device.destroy();
  }

  destroy(): void {
    this.device.destroy();
  }

  /** One encoder, one pass, one submit; `after` adds copies behind the pass. */
  #submit(after: (encoder: GPUCommandEncoder) => void): void {
    this.#arena.upload();
    const encoder = this.device.createCommandEncoder({ label: "forward" });
    if (this.#dispatches.length > 0) {
      const pass = encoder.beginComputePass({ label: "forward" });
      for (const { compiled, bindGroup, parameterOffset, grid } of this.#dispatches) {
        pass.setPipeline(compiled.pipeline);
        pass.setBindGroup(0, bindGroup, [parameterOffset]);
        pass.dispatchWorkgroups(...grid);
      }
      pass.end();
    }
    after(encoder);
    this.device.queue.submit([encoder.finish()]);
    this.counters.submits++;
    this.#dispatches = [];
    this.#arena.reset();
  }

  #create(bytes: number, label: string, usage: number): GPUBuffer {
    this.counters.buffersCreated++;
    return this.device.createBuffer({ label, size: bytes, usage });
  }

  #checkAlive(): void {
    if (this.#lostReason !== undefined) throw new VitrineError("DeviceLost", this.#lostReason);
  }
}

/** Long enough for a loss to be announced. */
function shortly(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), 100));
}

function gpuOf(buffer: DeviceBuffer): GPUBuffer {
  return (buffer as GpuBuffer).gpu;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
