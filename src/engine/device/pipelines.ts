/** Compiles kernels: explicit layouts, asynchronous and in parallel, errors shown with line and source. */
import type { Counters } from "./device";
import { kernelCode, kernelLine, type Kernel } from "./kernel";

export interface CompiledKernel {
  readonly kernel: Kernel;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Names of the storage bindings, in order. */
  readonly bindings: readonly string[];
}

export class Pipelines {
  readonly #compiled = new Map<Kernel, CompiledKernel>();
  /** Under way: two callers share one compilation. */
  readonly #pending = new Map<Kernel, Promise<void>>();

  constructor(
    private readonly device: GPUDevice,
    private readonly counters: Counters,
  ) {}

  /** A kernel's pipeline; compiled here and now if nobody prepared it. */
  get(kernel: Kernel): CompiledKernel {
    const found = this.#compiled.get(kernel);
    if (found) return found;
    const { descriptor, layout } = this.#describe(kernel);
    return this.#keep(kernel, this.device.createComputePipeline(descriptor), layout);
  }

  async prepare(kernels: readonly Kernel[]): Promise<void> {
    const missing = [...new Set(kernels)].filter((kernel) => !this.#compiled.has(kernel));
    await Promise.all(
      missing.map((kernel) => {
        const work =
          this.#pending.get(kernel) ?? this.#compile(kernel).finally(() => this.#pending.delete(kernel));
        this.#pending.set(kernel, work);
        return work;
      }),
    );
  }

  async #compile(kernel: Kernel): Promise<void> {
    // The scope keeps a bad shader's error here, instead of failing whatever is read next.
    this.device.pushErrorScope("validation");
    const { descriptor, layout, module } = this.#describe(kernel);
    const made = this.device.createComputePipelineAsync(descriptor);
    void this.device.popErrorScope();
    try {
      this.#keep(kernel, await made, layout);
    } catch (cause) {
      throw new Error(await compileMessage(kernel, module, cause), { cause });
    }
  }

  #describe(kernel: Kernel) {
    const label = kernel.name;
    const module = this.device.createShaderModule({ label, code: kernelCode(kernel) });
    const types: GPUBufferBindingType[] = [
      ...Object.keys(kernel.reads).map(() => "read-only-storage" as const),
      ...Object.keys(kernel.writes).map(() => "storage" as const),
    ];
    const layout = this.device.createBindGroupLayout({
      label,
      entries: [
        {
          binding: 0,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: "uniform", hasDynamicOffset: true },
        },
        ...types.map((type, i) => ({ binding: i + 1, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
      ],
    });
    const descriptor: GPUComputePipelineDescriptor = {
      label,
      layout: this.device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main", constants: { ...kernel.constants } },
    };
    return { descriptor, layout, module };
  }

  #keep(kernel: Kernel, pipeline: GPUComputePipeline, layout: GPUBindGroupLayout): CompiledKernel {
    const bindings = [...Object.keys(kernel.reads), ...Object.keys(kernel.writes)];
    const compiled = { kernel, pipeline, layout, bindings };
    this.#compiled.set(kernel, compiled);
    this.counters.pipelinesCreated++;
    return compiled;
  }
}

/** Every compiler message with its place and the line of source it speaks of. */
async function compileMessage(kernel: Kernel, module: GPUShaderModule, cause: unknown): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const lines = messages.map(({ lineNum, linePos, message }) => {
    const { place, text } = kernelLine(kernel, lineNum);
    return `${kernel.name}: ${place}:${linePos}: ${message}\n  ${text}`;
  });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return lines.length > 0 ? lines.join("\n") : `${kernel.name} did not compile: ${reason}`;
}
