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
  Progress,
  RunId,
} from "../protocol/api";
import type { SaeSource } from "../protocol/features";
import { CancelToken, NEVER_CANCELLED } from "../protocol/cancel";
import type { ShapleyCost, ShapleyRequest } from "../protocol/chain";
import { isVitrineError, VitrineError } from "../protocol/errors";
import { CaptureStore } from "./captureStore";
import type { OpenedDevice } from "./device/choose";
import type { ModelCache } from "./formats/modelCache";
import { partsToKeep } from "./formats/modelParts";
import { filesFromBlobs, type FileSet } from "./formats/source";
import type { Tokenizer } from "./formats/tokenizer";
import { run, withCanonicalSites } from "./interp/run";
import { capture, generationBytes, planCapture } from "./methods/capture";
import { evaluateCoalitions } from "./methods/coalitions";
import { generate } from "./methods/generate";
import { shapley, shapleyTokens } from "./methods/shapley";
import type { Model } from "./models/model";
import { completed, describeIds, type OpenModel } from "./openModel";
import { OpenModels, type LoadRequest } from "./openModels";
import type { OpenSaes } from "./openSaes";

/** Methods that not every visit uses: their code is fetched when they are asked for the first time. */
const LATER = {
  anchors: () => import("./methods/anchors"),
  attribution: () => import("./methods/attribution"),
  checkKernels: () => import("./checkKernels"),
  compare: () => import("./methods/compare"),
  logitLens: () => import("./methods/logitLens"),
  neuron: () => import("./methods/neuron"),
  openSaes: () => import("./openSaes"),
  saeDecode: () => import("./methods/saeDecode"),
  saeLatent: () => import("./methods/saeLatent"),
  saeSplice: () => import("./methods/saeSplice"),
  sweep: () => import("./methods/sweep"),
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
  /** Tokens a second in the last coalition work, for the cost estimate. */
  let tokensPerSecond: number | undefined;
  const running = new Map<RunId, CancelToken>();
  const models = new OpenModels((...asked) => host.openFiles(...asked));
  const captures = new CaptureStore();
  let saes: OpenSaes | undefined;
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
    if (models.main) await saes?.moveTo(models.main.model);
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
      "This model has no tokenizer.json: type token ids, or drop one in.",
    );
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
  const bosId = () => modelIn().info.bosId;

  function measured<T extends { evaluatedTokens: number }>(started: number, result: T): T {
    const seconds = (performance.now() - started) / 1000;
    if (result.evaluatedTokens > 0 && seconds > 0) tokensPerSecond = result.evaluatedTokens / seconds;
    return result;
  }

  async function load(slot: ModelSlot, request: LoadRequest): Promise<ModelInfo> {
    const info = await models.load(slot, await device(), request);
    // They belong to the model that was there before.
    if (slot === "main") saes?.forget();
    return info;
  }

  async function saeFiles(source: SaeSource): Promise<FileSet> {
    if (source.kind === "files") return filesFromBlobs(source.files);
    return host.openSae(source.model, source.folder);
  }

  function cache(): ModelCache {
    if (host.cache) return host.cache;
    throw new VitrineError("Unsupported", "Models are kept by the page only, in a browser.");
  }

  function cost(request: ShapleyRequest): ShapleyCost {
    const tokens = shapleyTokens(request.chain, request);
    const coalitions = 2 ** request.chain.steps.length;
    return { coalitions, tokens, ...(tokensPerSecond ? { seconds: tokens / tokensPerSecond } : {}) };
  }

  return {
    planCapture: async (request) => captures.limited(planCapture(modelIn(request.model).model, request)),
    capture: (request, runId) =>
      cancellable(runId, (pauser) =>
        withModel(async (model) => {
          captures.checkRoom(planCapture(model, request).bytes);
          return captures.put(await capture(model, request, pauser));
        }, request.model),
      ),
    releaseTensors: async (ids) => captures.release(ids),
    tensorStats: async (...asked) => captures.stats(...asked),
    readTensor: async (window) => captures.window(window),
    exportTensors: async (...asked) => captures.file(...asked),
    compare: (request, runId) =>
      cancellable(runId, async (pauser) => {
        const { compare } = await LATER.compare();
        return withModel((base) => {
          const [slot, against] = [request.base.model ?? "main", request.other.model ?? "main"];
          const klAbsent = slot === against ? undefined : models.differingTokens();
          return models.during(against, (other) => compare(base, other, request, pauser, klAbsent));
        }, request.base.model);
      }),
    sweepCost: (request) =>
      withModel(async (model) => {
        const { sweepCost } = await LATER.sweep();
        const cost = sweepCost(model, request);
        return { ...cost, ...(tokensPerSecond ? { seconds: cost.tokens / tokensPerSecond } : {}) };
      }, request.model),
    sweep: (request, runId, onProgress) =>
      cancellable(runId, async (pauser) => {
        const { sweep } = await LATER.sweep();
        const started = performance.now();
        const work = (model: Model) => sweep(model, request, pauser, onProgress);
        return measured(started, await withModel(work, request.model));
      }),
    openDevice,
    loadModel: (source, precision, runId, onProgress) =>
      cancellable(runId, (token) => load("main", { source, precision, token, onProgress })),
    loadOtherModel: (source, precision, runId, onProgress) =>
      cancellable(runId, (token) => load("other", { source, precision, token, onProgress })),
    closeOtherModel: async () => models.closeOther(),
    model: async () => models.main?.info,
    async completeModel(files) {
      const open = await completed(modelIn(), files);
      models.complete("main", open);
      return open.info;
    },
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
    detokenize: async (ids) => tokenizer().decode(ids),
    describeTokens: async (ids, slot) => describeIds(modelIn(slot).tokenizer, ids),
    async tokenizeChain(chain) {
      const { encode, bosByDefault } = tokenizer();
      const plain = (text: string) => encode(text, { addBos: false });
      return {
        prompt: encode(chain.prompt, { addBos: bosByDefault }),
        steps: chain.steps.map(plain),
        answerPrefix: plain(chain.answerPrefix),
        answer: plain(chain.answer),
      };
    },

    async chatPrompt(message) {
      const { chat } = tokenizer();
      if (chat) return chat(message);
      throw new VitrineError("Unsupported", "This model has no chat template; write the prompt out instead.");
    },

    run: (spec) => withModel((model) => run(model, withCanonicalSites(model, spec))),
    generate: (request, runId, onToken) =>
      cancellable(runId, (pauser) =>
        withModel((model) => {
          captures.checkRoom(generationBytes(model, request));
          const { tokenizer: found } = modelIn();
          let before = request.tokens.at(-1);
          return generate(model, request, pauser, (id) => {
            const [token] = describeIds(found, [id], before);
            before = id;
            if (token) onToken?.(token);
          }).then(({ captured, ...result }) => {
            const tensors = captured.map((tensor) => ({ prompt: 0, ...tensor }));
            return tensors.length > 0 ? { ...result, captures: captures.put(tensors) } : result;
          });
        }),
      ),
    logitLens: (request, runId) =>
      onModel(
        runId,
        LATER.logitLens,
        ({ logitLens }, model, pauser) => logitLens(model, request, pauser),
        request.model,
      ),
    async attribution(request) {
      const { attribution } = await LATER.attribution();
      return withModel((model) => attribution(model, request), request.model);
    },
    async neuron(request) {
      const { neuron } = await LATER.neuron();
      return withModel((model) => neuron(model, request), request.model);
    },
    attachSaes: (source, site, runId, onProgress) =>
      cancellable(runId, async (token) => {
        const { OpenSaes } = await LATER.openSaes();
        saes ??= new OpenSaes();
        const files = await saeFiles(source);
        const attaching = saes;
        const { info } = modelIn();
        return withModel(async (model) => {
          const infos = await attaching.attach(model, info, files, site, token, onProgress);
          if (models.main?.model === model) return infos;
          // Another model was loaded meanwhile: they went with the one before.
          attaching.forget();
          throw new VitrineError("Cancelled", "The model was replaced while autoencoders were attached.");
        });
      }),
    async detachSae(id) {
      const { model } = modelIn();
      const free = saes?.detach(model, id);
      if (free) models.afterUse(model, free);
    },
    saes: async () => saes?.infos ?? [],
    saeDecode: (request, runId) =>
      onModel(runId, LATER.saeDecode, ({ saeDecode }, model, pauser) =>
        saeDecode(model, request, pauser, bosId()),
      ),
    saeSplice: (request, runId) =>
      onModel(runId, LATER.saeSplice, ({ saeSplice }, model, pauser) =>
        saeSplice(model, request, pauser, bosId()),
      ),
    saeCodeCurve: (request, runId) =>
      onModel(runId, LATER.saeDecode, ({ saeCodeCurve }, model, pauser) =>
        saeCodeCurve(model, request, pauser, bosId()),
      ),
    saeLatent: (request, runId) =>
      onModel(runId, LATER.saeLatent, ({ saeLatent }, model, pauser) => saeLatent(model, request, pauser)),
    resampleSteps: () => Promise.reject(new VitrineError("Unsupported", "Not built yet.")),
    chainGame: () => Promise.reject(new VitrineError("Unsupported", "Not built yet.")),
    async coalitions(request) {
      const started = performance.now();
      const { results } = measured(
        started,
        await withModel((model) => evaluateCoalitions(model, request, NEVER_CANCELLED)),
      );
      return results;
    },
    shapleyCost: async (request) => cost(request),
    shapley: (request, runId, onProgress) =>
      cancellable(runId, async (pauser) => {
        const started = performance.now();
        return measured(started, await withModel((model) => shapley(model, request, pauser, onProgress)));
      }),
    anchorRollouts: (request, runId, onProgress) =>
      onModel(runId, LATER.anchors, ({ anchorRollouts }, model, pauser) => {
        const { tokenizer: found, info } = modelIn();
        const text = (ids: readonly number[], before?: number) =>
          describeIds(found, ids, before)
            .map((token) => token.text)
            .join("");
        return anchorRollouts(model, { text, eosId: info.eosId }, request, pauser, onProgress);
      }),
    stepSuppression: (request, runId) =>
      onModel(runId, LATER.anchors, ({ stepSuppression }, model, pauser) =>
        stepSuppression(model, request, pauser),
      ),
    stepAttention: (request, runId) =>
      onModel(runId, LATER.anchors, ({ stepAttention }, model, pauser) =>
        stepAttention(model, request, pauser),
      ),
    checkKernels: (runId, onProgress) =>
      cancellable(runId, async (pauser) => {
        const { checkKernels } = await LATER.checkKernels();
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
