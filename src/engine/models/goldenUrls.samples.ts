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

export async function loadGolden(folder: string, on: Device): Promise<Model> {
  const paths = Object.keys(URLS).filter((path) => path.split("/").at(-2) === folder);
  const files = await Promise.all(
    paths.map(async (path) => {
      const name = path.split("/").at(-1) ?? "";
      return new File([await (await fetch(URLS[path] ?? "")).blob()], name);
    }),
  );
  const opened = await openModelFiles(await filesFromBlobs(files));
  return (await loadModel(on, opened, "f32", NEVER_CANCELLED)).model;
}
