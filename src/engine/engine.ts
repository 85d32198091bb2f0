/**
 * Wires the parts: one device, the open models, the calls in flight. It holds no mathematics.
 *
 * A lost device is made again and the model uploaded again, from the same files; calls that were under way
 * then run once more. Callers see a slower answer, not an error.
 */
import type { ModelSlot } from "../protocol/analysis";
import type {
  DeviceInfo,
  DevicePreference,
  EngineApi,
  EngineEvent,
  ModelInfo,
  ModelSource,
} from "../protocol/api";
import type { Progress, RunId } from "../protocol/progress";
import { CancelToken } from "../protocol/cancel";
import { isVitrineError, VitrineError } from "../protocol/errors";
import { sampleTokens } from "./check/healthCheck";
import type { CaptureStore } from "./open/captureStore";
import type { OpenedDevice } from "./device/choose";
import type { ModelCache } from "./formats/hub/modelCache";
import { partsToKeep } from "./formats/modelParts";
import type { FileSet } from "./formats/bytes/source";
import type { Tokenizer } from "./formats/tokenizer/tokenizer";
import { run, withCanonicalSites } from "./interp/pass/run";
import type { Model } from "./models/model";
import { completed, describeIds, type OpenModel } from "./open/openModel";
import { OpenModels, type LoadRequest } from "./open/openModels";
import { createChainCalls } from "./calls/chainCalls";
import { chainTokens } from "./calls/chainTokens";
import { createSaeCalls } from "./calls/saeCalls";
import { TokenSpeed } from "./calls/tokenSpeed";

/** Methods that not every visit uses: their code is fetched when they are asked for the first time. */
const LAZY = {
  attribution: () => import("./methods/attribution/attribution"),
  capture: () => import("./methods/capture/capture"),
  captureStore: () => import("./open/captureStore"),
  checkKernels: () => import("./check/checkKernels"),
  closerLook: () => import("./check/closerLook"),
  compare: () => import("./methods/compare/compare"),
  generate: () => import("./methods/generate/generate"),
  logitLens: () => import("./methods/logitLens/logitLens"),
  neuron: () => import("./methods/neuron/neuron"),
  sweep: () => import("./methods/sweep/sweep"),
};

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
  /** Where models are kept, if anywhere. */
  readonly cache?: ModelCache;
}

export function createEngine(host: EngineHost): EngineApi {
  let opened: OpenedDevice | undefined;
  let preference: DevicePreference = "auto";
  let restoring: Promise<void> | undefined;
  const speed = new TokenSpeed();
  const running = new Map<RunId, CancelToken>();
  const models = new OpenModels((...asked) => host.openFiles(...asked));
  let held: Promise<CaptureStore> | undefined;
  /** Captured tensors. */
  const captures = () => (held ??= LAZY.captureStore().then(({ CaptureStore }) => new CaptureStore()));
  const listeners: ((event: EngineEvent) => void)[] = [];

  const deviceInfo = ({ device, reason }: OpenedDevice): DeviceInfo => ({
    kind: device.kind,
    label: device.label,
    reason,
    preference,
  });

  async function openDevice(wanted: DevicePreference): Promise<DeviceInfo> {
    const next = await host.openDevice(wanted);
    const previous = opened;
    await models.moveTo(next.device);
    if (models.main) await saeCalls.moveTo(models.main.model);
    preference = wanted;
    opened = next;
    previous?.device.destroy();
    void next.device.lost.then((message) => {
      if (opened === next) restoring ??= restore(message);
    });
    return deviceInfo(next);
  }

  async function restore(message: string): Promise<void> {
    listeners.forEach((listener) => listener({ type: "deviceLost", message }));
    try {
      const device = await openDevice(preference);
      listeners.forEach((listener) => listener({ type: "deviceRestored", device }));
    } finally {
      restoring = undefined;
    }
  }

  async function device() {
    await restoring;
    if (opened === undefined) await openDevice(preference);
    if (opened === undefined) throw new VitrineError("NoWebGpu", "No device could be opened.");
    return opened.device;
  }

  /** The model that a question is for. */
  const modelIn = (slot?: ModelSlot): OpenModel => models.in(slot);

  function tokenizer(slot?: ModelSlot): Tokenizer {
    const found = modelIn(slot).tokenizer;
    if (found) return found;
    throw new VitrineError(
      "Unsupported",
      "This model has no tokenizer of its own: type token ids, or drop its tokenizer.json in.",
    );
  }

  /** Text in and out of a model, for methods that read many texts. */
  function codec(slot?: ModelSlot) {
    const { encode, encodeParts, encodeInside, bosByDefault } = tokenizer(slot);
    const { tokenizer: found, info } = modelIn(slot);
    const text = (ids: readonly number[], before?: number) =>
      describeIds(found, ids, before)
        .map((token) => token.text)
        .join("");
    return { encode, encodeParts, encodeInside, bosByDefault, text, eosId: info.eosId };
  }

  /** Runs work on a model; if the device is lost under it, once more on the restored one. */
  async function withModel<T>(work: (model: Model) => Promise<T>, slot?: ModelSlot): Promise<T> {
    const at = await device();
    try {
      return await models.during(slot, work);
    } catch (error) {
      if (!isVitrineError(error, "DeviceLost")) throw error;
      // Another device may have been chosen meanwhile; else the loss is announced, and then made good.
      if (opened?.device === at) await at.lost;
      await device();
      return models.during(slot, work);
    }
  }

  async function cancellable<T>(runId: RunId, work: (token: CancelToken) => Promise<T>): Promise<T> {
    const token = new CancelToken();
    running.set(runId, token);
    try {
      return await work(token);
    } catch (error) {
      // What failed leaves nothing under way.
      token.cancel();
      throw error;
    } finally {
      if (running.get(runId) === token) running.delete(runId);
    }
  }

  /** A cancellable call of a method whose code is fetched when it is asked for the first time. */
  const onModel = <Method, T>(
    runId: RunId,
    load: () => Promise<Method>,
    call: (method: Method, model: Model, pauser: CancelToken) => Promise<T>,
    slot?: ModelSlot,
  ): Promise<T> =>
    cancellable(runId, async (pauser) => {
      const method = await load();
      return withModel((model) => call(method, model, pauser), slot);
    });

  const saeCalls = createSaeCalls({
    modelIn,
    withModel,
    cancellable,
    onModel,
    afterUse: (model, free) => models.afterUse(model, free),
    openSae: (model, folder) => host.openSae(model, folder),
  });

  async function load(slot: ModelSlot, request: LoadRequest): Promise<ModelInfo> {
    const info = await models.load(slot, await device(), request);
    // They belong to the model that was there before.
    if (slot === "main") saeCalls.forget();
    return info;
  }

  function cache(): ModelCache {
    if (host.cache) return host.cache;
    throw new VitrineError("Unsupported", "Models are kept by the page only, in a browser.");
  }

  return {
    async planCapture(request) {
      const { planCapture } = await LAZY.capture();
      return (await captures()).limited(planCapture(modelIn(request.model).model, request));
    },
    capture: (request, runId) =>
      cancellable(runId, (pauser) =>
        withModel(async (model) => {
          const { capture, planCapture } = await LAZY.capture();
          const store = await captures();
          store.checkRoom(planCapture(model, request).bytes);
          return store.put(await capture(model, request, pauser));
        }, request.model),
      ),
    releaseTensors: async (ids) => (await captures()).release(ids),
    tensorStats: async (...asked) => (await captures()).stats(...asked),
    readTensor: async (window) => (await captures()).window(window),
    exportTensors: async (...asked) => (await captures()).file(...asked),
    compare: (request, runId) =>
      cancellable(runId, async (pauser) => {
        const { compare } = await LAZY.compare();
        return withModel((base) => {
          const [slot, against] = [request.base.model ?? "main", request.other.model ?? "main"];
          const klAbsent = slot === against ? undefined : models.differingTokens();
          return models.during(against, (other) => compare(base, other, request, pauser, klAbsent));
        }, request.base.model);
      }),
    sweepCost: (request) =>
      withModel(async (model) => {
        const { sweepCost } = await LAZY.sweep();
        const cost = sweepCost(model, request);
        return { ...cost, ...speed.cost(cost.tokens) };
      }, request.model),
    sweep: (request, runId, onProgress) =>
      cancellable(runId, async (pauser) => {
        const { sweep } = await LAZY.sweep();
        const started = performance.now();
        const work = (model: Model) => sweep(model, request, pauser, onProgress);
        return speed.measured(started, await withModel(work, request.model));
      }),
    openDevice,
    loadModel: (source, precision, runId, onProgress) =>
      cancellable(runId, (token) => load("main", { source, precision, token, onProgress })),
    loadOtherModel: (source, precision, runId, onProgress) =>
      cancellable(runId, (token) => load("other", { source, precision, token, onProgress })),
    missingFields: (source, runId) => cancellable(runId, (token) => models.missingFields({ source, token })),
    closeOtherModel: async () => models.closeOther(),
    model: async () => models.main?.info,
    async completeModel(files) {
      const open = await completed(modelIn(), files);
      models.complete("main", open);
      return open.info;
    },
    examineModel: (runId, slot) =>
      onModel(
        runId,
        LAZY.closerLook,
        ({ lookCloser }, model, pauser) =>
          lookCloser(model, sampleTokens(model.config, modelIn(slot).tokenizer), pauser),
        slot,
      ),
    keepModel: (runId, onProgress) =>
      cancellable(runId, (pauser) => {
        const { info, fileSet, files } = modelIn();
        return cache().keep(info, partsToKeep(fileSet, files.weightFiles), pauser, onProgress);
      }),
    keptModels: async () => cache().list(),
    deleteKept: async (sha256) => cache().delete(sha256),

    async tokenize(text, addBos, slot) {
      const found = tokenizer(slot);
      return found.describe(found.encode(text, { addBos: addBos ?? found.bosByDefault }));
    },
    detokenize: async (ids, before) => tokenizer().decode(ids, before),
    describeTokens: async (ids, slot) => describeIds(modelIn(slot).tokenizer, ids),
    async tokenizeInside(text, slot) {
      const found = tokenizer(slot);
      const ids = found.encodeInside(text);
      // Described after a token, so that no space is taken off.
      return found.describe(ids, ids[0]);
    },
    tokenizeChain: async (chain, addBos, slot) => chainTokens(tokenizer(slot), chain, addBos),

    async chatPrompt(message) {
      const { chat } = tokenizer();
      if (chat) return chat(message);
      throw new VitrineError("Unsupported", "This model has no chat template; write the prompt out instead.");
    },

    run: (spec) => withModel((model) => run(model, withCanonicalSites(model, spec))),
    generate: (request, runId, onToken) =>
      cancellable(runId, (pauser) =>
        withModel(async (model) => {
          const store = (request.capture ?? []).length > 0 ? await captures() : undefined;
          if (store) store.checkRoom((await LAZY.capture()).generationBytes(model, request));
          const { tokenizer: found } = modelIn();
          let before = request.tokens.at(-1);
          const { generate } = await LAZY.generate();
          const { captured, ...result } = await generate(model, request, pauser, (id) => {
            const [token] = describeIds(found, [id], before);
            before = id;
            if (token) onToken?.(token);
          });
          const tensors = captured.map((tensor) => ({ prompt: 0, ...tensor }));
          return store ? { ...result, captures: store.put(tensors) } : result;
        }),
      ),
    logitLens: (request, runId) =>
      onModel(
        runId,
        LAZY.logitLens,
        ({ logitLens }, model, pauser) => logitLens(model, request, pauser),
        request.model,
      ),
    async attribution(request) {
      const { attribution } = await LAZY.attribution();
      return withModel((model) => attribution(model, request), request.model);
    },
    async neuron(request) {
      const { neuron } = await LAZY.neuron();
      return withModel((model) => neuron(model, request), request.model);
    },
    ...saeCalls.calls,
    ...createChainCalls({ withModel, onModel, codec, speed }),
    checkKernels: (runId, onProgress) =>
      cancellable(runId, async (pauser) => {
        const { checkKernels } = await LAZY.checkKernels();
        return checkKernels(await device(), pauser, onProgress);
      }),

    async cancel(runId) {
      running.get(runId)?.cancel();
    },
    counters: async () => ({ ...(await device()).counters }),
    async subscribe(listener) {
      listeners.push(listener);
    },
    async loseDevice() {
      const target = await device();
      if ("lose" in target && typeof target.lose === "function") target.lose();
    },
  };
}
