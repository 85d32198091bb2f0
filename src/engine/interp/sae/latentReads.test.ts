import { beforeAll, describe } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { latentReadTests } from "./latentReads.samples";

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});
describe("reading latents on the CPU device", () => latentReadTests(() => device));
