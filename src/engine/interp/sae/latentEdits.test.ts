import { beforeAll, describe } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { latentEditTests } from "./latentEdits.samples";

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});
describe("latents on the CPU device", () => latentEditTests(() => device));
