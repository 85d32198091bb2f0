/**
 * A kernel's test cases as data: the same cases run in the tests (shader and SIMD twin against the reference)
 * and on the "Check this GPU" page, on the visitor's own device.
 */
import type { ElementType, Kernel, KernelViews } from "../device/kernel";

export type CaseArray = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

export interface KernelCase {
  /** What is special about it: "one row", "not a multiple of the workgroup", "ties". */
  readonly label: string;
  readonly params: Readonly<Record<string, number>>;
  /** Content of every read, and size (and initial content) of every write. */
  readonly buffers: Readonly<Record<string, CaseArray>>;
  /** Largest |device - reference| allowed, relative to 1 + |reference|. Integers must be equal. Default 1e-5. */
  readonly tolerance?: number;
}

export interface KernelCases {
  readonly kernel: Kernel;
  readonly cases: readonly KernelCase[];
}

/** The `default` export of every `<name>.cases.ts`: a kernel with its cases, or all members of a family with theirs. */
export type CasesModule = KernelCases | readonly KernelCases[];

/** Pairs a kernel with its cases. */
export function kernelCases(kernel: unknown, cases: readonly KernelCase[]): KernelCases {
  return { kernel: kernel as Kernel, cases };
}

/** What the reference makes of a case: copies of the written buffers. */
export function referenceOutputs({ kernel }: KernelCases, testCase: KernelCase): Record<string, CaseArray> {
  const views = Object.fromEntries(
    Object.entries(testCase.buffers).map(([name, data]) => [name, data.slice()]),
  );
  kernel.reference(views as KernelViews<Record<string, ElementType>>, testCase.params);
  return Object.fromEntries(Object.keys(kernel.writes).map((name) => [name, views[name] as CaseArray]));
}

/** The first element that differs by more than the tolerance, in words; undefined if none does. */
export function firstMismatch(
  actual: Record<string, CaseArray>,
  expected: Record<string, CaseArray>,
  tolerance = 1e-5,
): string | undefined {
  for (const [name, want] of Object.entries(expected)) {
    const got = actual[name];
    if (got === undefined) return `${name} is missing`;
    for (let i = 0; i < want.length; i++) {
      const a = got[i] ?? NaN;
      const b = want[i] ?? NaN;
      const exact = !(want instanceof Float32Array) || !Number.isFinite(b);
      const same = exact ? Object.is(a, b) || a === b : Math.abs(a - b) <= tolerance * (1 + Math.abs(b));
      if (!same) return `${name}[${i}] is ${a}, the reference says ${b} (tolerance ${exact ? 0 : tolerance})`;
    }
  }
  return undefined;
}

export { noise } from "../../random/noise";
