/** The device, its kernels and its counters; stopping a call, and what the engine tells without being asked. */
import type { EngineApi } from "../../protocol/api";
import type { EngineParts } from "./engineParts";

type DeviceCall = "openDevice" | "checkKernels" | "cancel" | "counters" | "subscribe" | "loseDevice";

export const deviceCalls = ({ device, running }: EngineParts): Pick<EngineApi, DeviceCall> => ({
  openDevice: (preference) => device.open(preference),
  checkKernels: (runId, onProgress) =>
    running.cancellable(runId, async (pauser) => {
      const { checkKernels } = await import("../check/checkKernels");
      return checkKernels(await device.device(), pauser, onProgress);
    }),
  cancel: async (runId) => running.cancel(runId),
  counters: async () => ({ ...(await device.device()).counters }),
  subscribe: async (listener) => device.subscribe(listener),
  loseDevice: () => device.lose(),
});
