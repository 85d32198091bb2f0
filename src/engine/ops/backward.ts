/** Code that only the way back needs: fetched before the first tape records, so that nobody else waits for it. */
import type { Device } from "../device/device";
import type { Kernel } from "../device/kernel";
import type * as Kernels from "./backwardKernels";

let kernels: typeof Kernels | undefined;

/** Awaited by whoever makes a tape: the kernels, and on the CPU device their twins. On a GPU each compiles when it is used. */
export async function loadBackward(device: Device): Promise<void> {
  kernels ??= await import("./backwardKernels");
  const all = Object.values(kernels) as readonly unknown[] as readonly Kernel[];
  if (device.kind === "cpu") await device.prepare(all);
}

/** The kernels of the way back. */
export function backward(): typeof Kernels {
  if (kernels) return kernels;
  throw new Error("a tape was walked back before loadBackward");
}
