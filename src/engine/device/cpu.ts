/**
 * The CPU device: every kernel's WebAssembly SIMD twin where it has one, its reference otherwise.
 *
 * All buffers live in one WebAssembly memory, so that references and SIMD kernels see the same bytes. Kernels
 * run as soon as they are recorded; `submit` only counts.
 */
import simdWasm from "virtual:vitrine-simd";
import { VitrineError } from "../../protocol/errors";
import { bufferClassBytes } from "./bufferClass";
import type { BufferSlice, Counters, Device, DeviceBuffer } from "./device";
import type { ElementType, Kernel, KernelViews } from "./kernel";

const PAGE_BYTES = 65_536;
/** The module's own data lies below; nothing of ours may start before. */
const FIRST_ADDRESS = 65_536;
/** A 32-bit WebAssembly memory ends here. */
const MAX_BYTES = 65_536 * PAGE_BYTES;

interface CpuBuffer extends DeviceBuffer {
  readonly address: number;
}

type SimdFunction = (...args: number[]) => void;

export interface CpuDeviceOptions {
  /** Run references only: the oracle that SIMD twins are tested against. */
  readonly referenceOnly?: boolean;
}

export async function createCpuDevice(options: CpuDeviceOptions = {}): Promise<Device> {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 65_536 });
  if (options.referenceOnly) return new CpuDevice(memory, undefined);
  return new CpuDevice(memory, await twinsIn(memory, simdWasm));
}

/** Compiled once, however many devices are made of it. */
const compiled = new WeakMap<Uint8Array<ArrayBuffer>, Promise<WebAssembly.Module>>();

async function twinsIn(
  memory: WebAssembly.Memory,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<WebAssembly.Exports> {
  const module = compiled.get(bytes) ?? WebAssembly.compile(bytes);
  compiled.set(bytes, module);
  return (await WebAssembly.instantiate(await module, { env: { memory, abort: () => undefined } })).exports;
}

class CpuDevice implements Device {
  readonly kind = "cpu";
  readonly label = "CPU";
  readonly limits = { maxBufferBytes: 1 << 30, maxTotalBytes: MAX_BYTES, maxWorkgroupsPerAxis: 65_535 };
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
  /** Free buffers by class, last released first. */
  readonly #free = new Map<number, CpuBuffer[]>();
  /** Addresses in use: releasing one twice would give it to two owners. */
  readonly #live = new Set<number>();
  #end = FIRST_ADDRESS;
  #nextId = 1;
  #pending = false;
  #loseWith: (reason: string) => void = () => undefined;

  constructor(
    private readonly memory: WebAssembly.Memory,
    /** Twins by name; undefined: references only. */
    private simd: WebAssembly.Exports | undefined,
  ) {
    this.lost = new Promise((resolve) => (this.#loseWith = resolve));
  }

  allocate(sizeBytes: number, label: string): DeviceBuffer {
    const bytes = bufferClassBytes(sizeBytes);
    const recycled = this.#free.get(bytes)?.pop();
    if (recycled) {
      this.#live.add(recycled.address);
      return { ...recycled, label };
    }
    const address = this.#end;
    this.#grow(address + bytes, label);
    this.#end = address + bytes;
    this.counters.buffersCreated++;
    this.#live.add(address);
    const buffer: CpuBuffer = { id: this.#nextId++, sizeBytes: bytes, label, address };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    if (!this.#live.delete(addressOf(buffer))) throw new Error(`${buffer.label} was released twice`);
    const { sizeBytes } = buffer;
    const list = this.#free.get(sizeBytes) ?? [];
    list.push(buffer as CpuBuffer);
    this.#free.set(sizeBytes, list);
  }

  free(buffer: DeviceBuffer): void {
    // A WebAssembly memory cannot shrink: the space is kept for the next buffer of its class.
    this.release(buffer);
  }

  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, offsetBytes = 0): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (offsetBytes + bytes.length > buffer.sizeBytes) {
      throw new Error(
        `${buffer.label}: ${bytes.length} bytes at ${offsetBytes} do not fit in ${buffer.sizeBytes}`,
      );
    }
    new Uint8Array(this.memory.buffer).set(bytes, addressOf(buffer) + offsetBytes);
  }

  /** Fetches the twins that only gradients need, if any of these kernels has its own there. */
  async prepare(kernels: readonly Kernel[]): Promise<void> {
    const isMissing = kernels.some(({ simd }) => simd && this.simd && !Object.hasOwn(this.simd, simd.name));
    if (!isMissing) return;
    const { default: bytes } = await import("virtual:vitrine-simd-backward");
    this.simd = { ...this.simd, ...(await twinsIn(this.memory, bytes)) };
  }

  run(
    kernel: Kernel,
    buffers: Readonly<Record<string, DeviceBuffer>>,
    params: Readonly<Record<string, number>>,
  ): void {
    this.counters.dispatches++;
    this.#pending = true;
    const types = { ...kernel.reads, ...kernel.writes };
    const twin = kernel.simd && this.simd?.[kernel.simd.name];
    if (kernel.simd && typeof twin === "function") {
      const addresses = Object.fromEntries(
        Object.keys(types).map((name) => [name, addressOf(named(buffers, name, kernel))]),
      );
      let free = this.#end;
      const scratch = (sizeBytes: number) => {
        const address = free;
        free += Math.ceil(sizeBytes / 16) * 16;
        this.#grow(free, `${kernel.name} scratch`);
        return address;
      };
      (twin as SimdFunction)(...kernel.simd.args(addresses, params, scratch));
      return;
    }
    const views = Object.fromEntries(
      Object.entries(types).map(([name, type]) => [name, this.#view(named(buffers, name, kernel), type)]),
    );
    kernel.reference(views as KernelViews<Record<string, ElementType>>, params);
  }

  submit(): void {
    if (this.#pending) this.counters.submits++;
    this.#pending = false;
  }

  async read(slices: readonly BufferSlice[]): Promise<ArrayBuffer[]> {
    this.submit();
    this.counters.readBacks++;
    return slices.map(({ buffer, offsetBytes, sizeBytes }) => {
      this.counters.bytesReadBack += sizeBytes;
      const start = addressOf(buffer) + offsetBytes;
      return this.memory.buffer.slice(start, start + sizeBytes);
    });
  }

  destroy(): void {
    this.#free.clear();
    this.#loseWith("The CPU device was closed.");
  }

  /** Views are made anew for every call: growing the memory detaches older ones. */
  #view(buffer: DeviceBuffer, type: ElementType) {
    const address = addressOf(buffer);
    const length = buffer.sizeBytes / 4;
    if (type === "f32") return new Float32Array(this.memory.buffer, address, length);
    if (type === "u32") return new Uint32Array(this.memory.buffer, address, length);
    return new Int32Array(this.memory.buffer, address, length);
  }

  #grow(endBytes: number, label: string): void {
    const missing = endBytes - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      // At least a sixteenth more than there is, so that growing stays rare.
      const wanted = Math.max(missing, this.memory.buffer.byteLength / 16);
      this.memory.grow(
        Math.min(Math.ceil(wanted / PAGE_BYTES), (MAX_BYTES - this.memory.buffer.byteLength) / PAGE_BYTES),
      );
      if (this.memory.buffer.byteLength < endBytes) throw new RangeError("the memory is full");
    } catch (cause) {
      const gibibytes = (endBytes / 2 ** 30).toFixed(2);
      throw new VitrineError(
        "OutOfMemory",
        `${label} would bring the CPU device to ${gibibytes} GiB, more than this browser gives it (at most 4 GiB). Load a smaller model or use f16.`,
        { cause },
      );
    }
  }
}

function addressOf(buffer: DeviceBuffer): number {
  return (buffer as CpuBuffer).address;
}

function named(buffers: Readonly<Record<string, DeviceBuffer>>, name: string, kernel: Kernel): DeviceBuffer {
  const buffer = buffers[name];
  if (buffer === undefined) throw new Error(`${kernel.name} needs a buffer ${name}`);
  return buffer;
}
