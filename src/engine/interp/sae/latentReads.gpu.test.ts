import { beforeAll, describe } from "vitest";
import type { Device } from "../../device/device";
import { sharedWebGpu } from "../../device/shared.samples";
import { latentReadTests } from "./latentReads.samples";

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});
describe("reading latents on WebGPU", () => latentReadTests(() => device));
