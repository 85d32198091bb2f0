/** The identities of identities.samples.ts on a real WebGPU adapter, and its edited logits against the CPU device's. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import { openModelFiles } from "../../formats/modelFiles";
import { filesFromBlobs } from "../../formats/source";
import { loadModel } from "../../models/loadModel";
import { IDENTITIES, logitsOf, named, stack, worst } from "./identities.samples";

const URLS = import.meta.glob<string>(
  [
    "../../models/golden/*/config.json",
    "../../models/golden/*/cfg.json",
    "../../models/golden/*/model.safetensors",
  ],
  { eager: true, query: "?url", import: "default" },
);
const folders = [...new Set(Object.keys(URLS).map((path) => path.split("/").at(-2) ?? ""))];
const TOKENS = [1, 5, 2, 7, 5, 2, 3, 1];

let device: Device;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: edits cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});

async function load(folder: string, on: Device) {
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

describe.each(folders)("%s", (folder) => {
  it.each(IDENTITIES)("$name", async ({ check }) => {
    await check(await load(folder, device), TOKENS);
  });

  it("edits to the same numbers as the CPU device", async () => {
    const from = named([2, 2, 1, 1, 3, 4, 5, 6]);
    const edits = stack(
      { kind: "patch", site: "attn.z", heads: [0], from, align: "position", strength: 0.5 },
      { kind: "knockOut", layers: [0], keys: [1], queries: { from: 4 } },
      { kind: "scale", site: "resid_post", layers: [0], factor: 1.5, positions: [2, 3] },
    );
    const cpu = await logitsOf(await load(folder, await createCpuDevice()), TOKENS, edits);
    expect(worst(await logitsOf(await load(folder, device), TOKENS, edits), cpu)).toBeLessThan(1e-4);
  });
});
