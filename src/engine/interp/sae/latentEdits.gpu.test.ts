import { beforeAll, describe } from "vitest";
import type { Device } from "../../device/device";
import { sharedWebGpu } from "../../device/shared.samples";
import { latentEditTests } from "./latentEdits.samples";

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});
describe("latents on WebGPU", () => latentEditTests(() => device));
