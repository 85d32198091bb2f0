/** Which device the page runs on, and why, in one sentence a visitor can read. */
import type { DevicePreference } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import { createCpuDevice } from "./cpu";
import type { Device } from "./device";
import { adapterLabel, createWebGpuDevice } from "./webgpu";

export interface OpenedDevice {
  readonly device: Device;
  readonly reason: string;
}

export interface DeviceChoice {
  readonly kind: "webgpu" | "cpu";
  readonly reason: string;
}

/** Names that software adapters go by. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render|warp/i;

export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const { vendor, architecture, device, description } = info;
  const fallback = "isFallbackAdapter" in info && info.isFallbackAdapter === true;
  return fallback || SOFTWARE.test([vendor, architecture, device, description].join(" "));
}

/** The rule alone: a hardware adapter, else the CPU; a software adapter only when it is asked for. */
export function chooseDevice(preference: DevicePreference, info: GPUAdapterInfo | undefined): DeviceChoice {
  if (preference === "cpu") return { kind: "cpu", reason: "The CPU was asked for." };
  if (info === undefined) {
    if (preference === "webgpu") {
      throw new VitrineError(
        "NoWebGpu",
        "This browser offers no WebGPU adapter. Use a recent Chrome, Edge, Firefox or Safari with graphics acceleration on.",
      );
    }
    return {
      kind: "cpu",
      reason: "This browser offers no WebGPU adapter, so the model runs on the CPU: same numbers, slower.",
    };
  }
  const label = adapterLabel(info);
  if (!isSoftwareAdapter(info)) return { kind: "webgpu", reason: `${label} is a hardware adapter.` };
  if (preference === "webgpu") {
    return {
      kind: "webgpu",
      reason: `WebGPU was asked for; ${label} runs in software, slower than the CPU device.`,
    };
  }
  return {
    kind: "cpu",
    reason: `The only WebGPU adapter (${label}) runs in software, slower than the CPU device; choose WebGPU to use it.`,
  };
}

export async function openDevice(preference: DevicePreference): Promise<OpenedDevice> {
  const gpu: GPU | undefined = preference === "cpu" ? undefined : navigator.gpu;
  try {
    const adapter = (await gpu?.requestAdapter({ powerPreference: "high-performance" })) ?? undefined;
    const { kind, reason } = chooseDevice(preference, adapter?.info);
    if (kind === "webgpu" && adapter) return { device: await createWebGpuDevice({ adapter }), reason };
    return { device: await createCpuDevice(), reason };
  } catch (error) {
    // A GPU that was asked for by name fails aloud; the automatic choice has the CPU to fall back on.
    if (preference !== "auto") throw error;
    const message = error instanceof Error ? error.message : String(error);
    return {
      device: await createCpuDevice(),
      reason: `WebGPU failed to start (${message}), so the model runs on the CPU.`,
    };
  }
}
