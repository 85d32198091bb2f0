/**
 * The device that is open, from the first call that needs one until the engine ends.
 *
 * A lost device is opened again, and what was on it is uploaded again from the same files; work that was under way
 * runs once more. Callers see a slower answer, not an error.
 */
import type { DeviceInfo, DevicePreference, EngineEvent } from "../../protocol/api";
import { isVitrineError, VitrineError } from "../../protocol/errors";
import type { OpenedDevice } from "../device/choose";
import type { Device } from "../device/device";

type Listener = (event: EngineEvent) => void;

export class OpenDevice {
  #opened: OpenedDevice | undefined;
  #preference: DevicePreference = "auto";
  #restoring: Promise<void> | undefined;
  readonly #listeners: Listener[] = [];

  constructor(
    private readonly choose: (preference: DevicePreference) => Promise<OpenedDevice>,
    /** Uploads all that is open to another device. */
    private readonly moveTo: (device: Device) => Promise<void>,
  ) {}

  async open(preference: DevicePreference): Promise<DeviceInfo> {
    const next = await this.choose(preference);
    const previous = this.#opened;
    await this.moveTo(next.device);
    this.#preference = preference;
    this.#opened = next;
    previous?.device.destroy();
    void next.device.lost.then((message) => {
      if (this.#opened === next) this.#restoring ??= this.#restore(message);
    });
    const { kind, label } = next.device;
    return { kind, label, reason: next.reason, preference };
  }

  /** Opened now, if none is; waits until a lost one is restored. */
  async device(): Promise<Device> {
    await this.#restoring;
    if (this.#opened === undefined) await this.open(this.#preference);
    if (this.#opened === undefined) throw new VitrineError("NoWebGpu", "No device could be opened.");
    return this.#opened.device;
  }

  /** Runs work; if the device is lost under it, once more on the restored one. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const device = await this.device();
    try {
      return await work();
    } catch (error) {
      if (!isVitrineError(error, "DeviceLost")) throw error;
      // If another device was not chosen meanwhile, the loss is announced first and then made good.
      if (this.#opened?.device === device) await device.lost;
      await this.device();
      return work();
    }
  }

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Destroys a GPU device, to show that the session survives; does nothing on the CPU. */
  async lose(): Promise<void> {
    const device = await this.device();
    if ("lose" in device && typeof device.lose === "function") device.lose();
  }

  async #restore(message: string): Promise<void> {
    this.#tell({ type: "deviceLost", message });
    try {
      this.#tell({ type: "deviceRestored", device: await this.open(this.#preference) });
    } finally {
      this.#restoring = undefined;
    }
  }

  #tell(event: EngineEvent): void {
    this.#listeners.forEach((listener) => listener(event));
  }
}
