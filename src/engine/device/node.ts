/** WebGPU in Node, through a binding to Dawn. Never part of the page. */
import { existsSync } from "node:fs";
import { VitrineError } from "../../protocol/errors";

/** Where distributions put the software Vulkan driver that comes with Chromium. */
const SOFTWARE_DRIVERS = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
];
/** Where Vulkan drivers of real GPUs register themselves. */
const DRIVER_FOLDERS = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/** The binding lives as long as this object: an adapter whose owner was collected crashes the process. */
let binding: GPU | undefined;

/** An adapter: a GPU's if a driver is installed, else one in software if a Chromium brought it. */
export async function nodeAdapter(): Promise<GPUAdapter> {
  const configured = process.env["VK_ICD_FILENAMES"] ?? process.env["VK_DRIVER_FILES"];
  const software = SOFTWARE_DRIVERS.find((path) => existsSync(path));
  if (
    configured === undefined &&
    software !== undefined &&
    !DRIVER_FOLDERS.some((path) => existsSync(path))
  ) {
    process.env["VK_ICD_FILENAMES"] = software;
  }
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  binding ??= create([]);
  const adapter = await binding.requestAdapter();
  if (adapter) return adapter;
  throw new VitrineError(
    "NoWebGpu",
    "No Vulkan loader and driver give an adapter here: install them (Chromium brings both in software), or use --device cpu.",
  );
}
