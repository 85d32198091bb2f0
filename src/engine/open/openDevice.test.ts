/** A lost device is opened again, and work that was under way on it runs once more. */
import { expect, it } from "vitest";
import type { EngineEvent } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import { createCpuDevice } from "../device/cpu";
import type { Device } from "../device/device";
import { OpenDevice } from "./openDevice";

async function start() {
  const moved: Device[] = [];
  const events: EngineEvent[] = [];
  const open = new OpenDevice(
    async () => ({ device: await createCpuDevice(), reason: "for a test" }),
    async (device) => void moved.push(device),
  );
  open.subscribe((event) => events.push(event));
  return { open, moved, events };
}

it("opens a device with the first call that needs one, and keeps it", async () => {
  const { open, moved } = await start();
  const device = await open.device();
  expect(await open.device()).toBe(device);
  expect(moved).toEqual([device]);
});

it("runs work once more on the restored device, after the loss was announced", async () => {
  const { open, moved, events } = await start();
  const tried: Device[] = [];
  const result = await open.during(async () => {
    tried.push(await open.device());
    if (tried.length > 1) return events.map(({ type }) => type);
    tried[0]?.destroy();
    throw new VitrineError("DeviceLost", "gone");
  });
  expect(result).toEqual(["deviceLost", "deviceRestored"]);
  expect(tried).toEqual(moved);
  expect(new Set(moved).size).toBe(2);
});

it("runs work that fails otherwise only once", async () => {
  const { open, events } = await start();
  let tries = 0;
  const work = async () => {
    tries++;
    throw new VitrineError("BadFile", "not a model");
  };
  await expect(open.during(work)).rejects.toMatchObject({ name: "BadFile" });
  expect([tries, events.length]).toEqual([1, 0]);
});

it("destroys the device before when another is chosen, which is no loss", async () => {
  const { open, moved, events } = await start();
  await open.open("cpu");
  expect(await open.open("cpu")).toMatchObject({ kind: "cpu", reason: "for a test", preference: "cpu" });
  await moved[0]?.lost;
  expect(events).toEqual([]);
  expect(await open.device()).toBe(moved[1]);
});
