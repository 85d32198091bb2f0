/**
 * "Check this GPU": runs every kernel's test cases on a device and compares with the references, here and now.
 * The same cases are the kernels' tests.
 */
import type { KernelCheck } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import type { Pauser } from "../../protocol/cancel";
import type { Device, DeviceBuffer } from "../device/device";
import type { ElementType } from "../device/kernel";
import {
  firstMismatch,
  referenceOutputs,
  type CaseArray,
  type KernelCase,
  type CasesModule,
  type KernelCases,
} from "../kernels/case";

/** One piece with this file, which is fetched with the first check. */
const MODULES = import.meta.glob<CasesModule>("../kernels/*/*.cases.ts", { eager: true, import: "default" });

export async function checkKernels(
  device: Device,
  pauser: Pauser,
  onProgress?: (progress: Progress) => void,
): Promise<KernelCheck[]> {
  const checks: KernelCheck[] = [];
  const all = Object.values(MODULES).flat();
  for (const kernelCases of all) {
    onProgress?.({ done: checks.length, total: all.length, note: kernelCases.kernel.name });
    await pauser.pause();
    checks.push(await checkKernel(device, kernelCases));
  }
  return checks;
}

async function checkKernel(device: Device, kernelCases: KernelCases): Promise<KernelCheck> {
  const { kernel, cases } = kernelCases;
  await device.prepare([kernel]);
  const started = performance.now();
  let maxError = 0;
  let passed = 0;
  let mismatch: string | undefined;
  for (const testCase of cases) {
    const actual = await runCase(device, kernelCases, testCase);
    const expected = referenceOutputs(kernelCases, testCase);
    maxError = Math.max(maxError, largestError(actual, expected));
    const found = firstMismatch(actual, expected, testCase.tolerance);
    if (found === undefined) passed++;
    else mismatch ??= `${testCase.label}: ${found}`;
  }
  const elapsedMs = performance.now() - started;
  return {
    kernel: kernel.name,
    cases: cases.length,
    passed,
    maxError,
    elapsedMs,
    ...(mismatch ? { mismatch } : {}),
  };
}

/** Runs one case on a device; returns copies of the written buffers. */
export async function runCase(
  device: Device,
  { kernel }: KernelCases,
  testCase: KernelCase,
): Promise<Record<string, CaseArray>> {
  const buffers: Record<string, DeviceBuffer> = {};
  for (const [name, data] of Object.entries(testCase.buffers)) {
    buffers[name] = device.allocate(data.byteLength, `${kernel.name}.${name}`);
    device.write(buffers[name], data);
  }
  device.run(kernel, buffers, testCase.params);
  const written = Object.entries(kernel.writes);
  const data = await device.read(
    written.map(([name]) => ({
      buffer: bufferNamed(buffers, name),
      offsetBytes: 0,
      sizeBytes: testCase.buffers[name]?.byteLength ?? 0,
    })),
  );
  Object.values(buffers).forEach((buffer) => device.release(buffer));
  return Object.fromEntries(
    written.map(([name, type], i) => [name, viewOf(data[i] ?? new ArrayBuffer(0), type)]),
  );
}

function bufferNamed(buffers: Readonly<Record<string, DeviceBuffer>>, name: string): DeviceBuffer {
  const buffer = buffers[name];
  if (buffer === undefined) throw new Error(`the case has no buffer ${name}`);
  return buffer;
}

function viewOf(data: ArrayBuffer, type: ElementType): CaseArray {
  if (type === "f32") return new Float32Array(data);
  return type === "u32" ? new Uint32Array(data) : new Int32Array(data);
}

function largestError(actual: Record<string, CaseArray>, expected: Record<string, CaseArray>): number {
  let largest = 0;
  for (const [name, want] of Object.entries(expected)) {
    if (!(want instanceof Float32Array)) continue;
    want.forEach((value, i) => {
      const error = Math.abs((actual[name]?.[i] ?? NaN) - value) / (1 + Math.abs(value));
      if (error > largest) largest = error;
    });
  }
  return largest;
}
