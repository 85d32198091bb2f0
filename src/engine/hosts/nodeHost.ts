/** The engine's host in Node: models from a folder or by embedded name; WebGPU through a binding, if asked. */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DevicePreference, EngineApi } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import { createCpuDevice } from "../device/cpu";
import type { OpenedDevice } from "../device/choose";
import { createEngine } from "../engine";
import { filesFromPath, modelFilesFromPath } from "../formats/bytes/sourceNode";

async function openNodeDevice(preference: DevicePreference): Promise<OpenedDevice> {
  if (preference !== "webgpu") {
    return {
      device: await createCpuDevice(),
      reason: "Node runs the model on the CPU unless WebGPU is asked for.",
    };
  }
  const [{ nodeAdapter }, { createWebGpuDevice }] = await Promise.all([
    import("../device/node"),
    import("../device/webgpu"),
  ]);
  return {
    device: await createWebGpuDevice({ adapter: await nodeAdapter() }),
    reason: "WebGPU was asked for.",
  };
}

/** A folder or file as it is, or the folder of an embedded model under `modelsRoot`. */
export function modelPath(nameOrPath: string, modelsRoot: string): string {
  const candidates = [resolve(nameOrPath), join(modelsRoot, nameOrPath)];
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  if (found) return found;
  throw new VitrineError(
    "BadFile",
    `${nameOrPath} is neither a folder or file nor the name of an embedded model.`,
  );
}

export function createNodeEngine(modelsRoot: string): EngineApi {
  return createEngine({
    openDevice: openNodeDevice,
    openFiles: (source) => modelFilesFromPath(modelPath(source.name, modelsRoot)),
    // A path of one's own, or a folder of an embedded model.
    async openSae(model, folder) {
      const files = await filesFromPath(modelPath(folder, join(modelsRoot, model, "sae")));
      const [last = "sae"] = folder.split("/").filter(Boolean).slice(-1);
      return files.map((file) => ({ ...file, name: `${last}/${file.name}` }));
    },
  });
}
