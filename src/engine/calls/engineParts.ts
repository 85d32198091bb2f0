/** What one engine consists of, for its calls. `engine.ts` puts it together. */
import type { ModelSlot } from "../../protocol/analysis";
import type { DevicePreference, ModelSource } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import type { OpenedDevice } from "../device/choose";
import type { FileSet } from "../formats/bytes/source";
import type { ModelCache } from "../formats/hub/modelCache";
import type { Model } from "../models/model";
import type { CaptureStore } from "../open/captureStore";
import type { HeldSaes } from "../open/heldSaes";
import type { OpenDevice } from "../open/openDevice";
import type { OpenModels } from "../open/openModels";
import type { RunningCalls } from "./runningCalls";
import type { TokenSpeed } from "./tokenSpeed";

/** What differs between the page and Node. */
export interface EngineHost {
  openDevice(preference: DevicePreference): Promise<OpenedDevice>;
  /** Files on another host arrive until `signal` is aborted. */
  openFiles(
    source: ModelSource,
    signal: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<FileSet>;
  /** The files of an autoencoder that ships with an embedded model. */
  openSae(model: string, folder: string): Promise<FileSet>;
  /** Where models are kept, if anywhere; its code is fetched with the first call. */
  cache?(): Promise<ModelCache>;
}

export interface EngineParts {
  readonly host: EngineHost;
  readonly device: OpenDevice;
  readonly models: OpenModels;
  readonly saes: HeldSaes;
  readonly running: RunningCalls;
  readonly speed: TokenSpeed;
  /** Captured tensors; the code is fetched with the first of them. */
  captures(): Promise<CaptureStore>;
  /** Runs work on a model (the page's, without a slot); if the device is lost under it, once more on the restored one. */
  withModel<T>(work: (model: Model) => Promise<T>, slot?: ModelSlot): Promise<T>;
}
