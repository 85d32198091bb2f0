/** The golden models as files that a browser fetches from the test server, for tests on a real WebGPU adapter. */
import { NEVER_CANCELLED } from "../../protocol/cancel";
import type { Device } from "../device/device";
import { openModelFiles } from "../formats/modelFiles";
import { filesFromBlobs } from "../formats/bytes/source";
import { loadModel } from "./loading/loadModel";
import type { Model } from "./model";

const URLS = import.meta.glob<string>(
  ["./golden/*/config.json", "./golden/*/cfg.json", "./golden/*/model.safetensors"],
  { eager: true, query: "?url", import: "default" },
);

export const GOLDEN_FOLDERS = [...new Set(Object.keys(URLS).map((path) => path.split("/").at(-2) ?? ""))];

const opened = new WeakMap<Device, Map<string, Promise<Model>>>();

/** A recorded model on a device; opened by the first test that asks, and the same one for all others: none may change it. */
export function loadGolden(folder: string, on: Device): Promise<Model> {
  const models = opened.get(on) ?? new Map<string, Promise<Model>>();
  opened.set(on, models);
  const model = models.get(folder) ?? openGolden(folder, on);
  models.set(folder, model);
  return model;
}

async function openGolden(folder: string, on: Device): Promise<Model> {
  const paths = Object.keys(URLS).filter((path) => path.split("/").at(-2) === folder);
  const files = await Promise.all(
    paths.map(async (path) => {
      const name = path.split("/").at(-1) ?? "";
      return new File([await (await fetch(URLS[path] ?? "")).blob()], name);
    }),
  );
  const golden = await openModelFiles(await filesFromBlobs(files));
  return (await loadModel(on, golden, "f32", NEVER_CANCELLED)).model;
}
