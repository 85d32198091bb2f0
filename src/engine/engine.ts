/**
 * Wires the parts: one device, one model, the calls in flight. It holds no mathematics.
 *
 * A lost device is made again and the model uploaded again, from the same files; calls that were under way
 * then run once more. Callers see a slower answer, not an error.
 */
import type {
  DeviceInfo,
  DevicePreference,
  EngineApi,
  EngineEvent,
  ModelInfo,
  ModelSource,
  Precision,
  Progress,
  RunId,
  TokenInfo,
} from "../protocol/api";
import { CancelToken, NEVER_CANCELLED, type Pauser } from "../protocol/cancel";
import type { ShapleyCost, ShapleyRequest } from "../protocol/chain";
import { isVitrineError, VitrineError } from "../protocol/errors";
import { canonicalSite } from "../protocol/sites";
import { checkKernels } from "./checkKernels";
import type { OpenedDevice } from "./device/choose";
import type { FileSet } from "./formats/source";
import { openModelFiles, type ModelFiles } from "./formats/modelFiles";
import { hashFiles } from "./formats/sha256";
import { createTokenizer, type Tokenizer } from "./formats/tokenizer";
import { run } from "./interp/run";
import { evaluateCoalitions } from "./methods/coalitions";
import { generate } from "./methods/generate";
import { shapley, shapleyTokens } from "./methods/shapley";
import { loadModel, type LoadedModel } from "./models/loadModel";
import { freeModel, type Model } from "./models/model";

/** What differs between the page and Node. */
export interface EngineHost {
  openDevice(preference: DevicePreference): Promise<OpenedDevice>;
  openFiles(source: ModelSource, onProgress?: (progress: Progress) => void): Promise<FileSet>;
}

interface OpenModel extends LoadedModel {
  readonly files: ModelFiles;
  readonly tokenizer: Tokenizer | undefined;
  readonly info: ModelInfo;
}

export function createEngine(host: EngineHost): EngineApi {
  let opened: OpenedDevice | undefined;
  let preference: DevicePreference = "auto";
  let current: OpenModel | undefined;
  let restoring: Promise<void> | undefined;
  /** Tokens a second in the last coalition work, for the cost estimate. */
  let tokensPerSecond: number | undefined;
  const running = new Map<RunId, CancelToken>();
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
    if (current)
      current = {
        ...current,
        ...(await loadModel(next.device, current.files, current.precision, NEVER_CANCELLED)),
      };
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

  function openModel(): OpenModel {
    if (current === undefined) throw new VitrineError("Unsupported", "No model is loaded; load one first.");
    return current;
  }

  function tokenizer(): Tokenizer {
    const found = openModel().tokenizer;
    if (found) return found;
    throw new VitrineError(
      "Unsupported",
      "This model has no tokenizer.json: type token ids, or drop one in.",
    );
  }

  /** Runs work on the model; if the device is lost under it, once more on the restored one. */
  async function withModel<T>(work: (model: Model) => Promise<T>): Promise<T> {
    const at = await device();
    try {
      return await work(openModel().model);
    } catch (error) {
      if (!isVitrineError(error, "DeviceLost")) throw error;
      // Another device may have been chosen meanwhile; else the loss is announced, and then made good.
      if (opened?.device === at) await at.lost;
      await device();
      return work(openModel().model);
    }
  }

  async function cancellable<T>(runId: RunId, work: (pauser: Pauser) => Promise<T>): Promise<T> {
    const token = new CancelToken();
    running.set(runId, token);
    try {
      return await work(token);
    } finally {
      if (running.get(runId) === token) running.delete(runId);
    }
  }

  function measured<T extends { evaluatedTokens: number }>(started: number, result: T): T {
    const seconds = (performance.now() - started) / 1000;
    if (result.evaluatedTokens > 0 && seconds > 0) tokensPerSecond = result.evaluatedTokens / seconds;
    return result;
  }

  async function load(
    source: ModelSource,
    precision: Precision | "auto",
    pauser: Pauser,
    onProgress?: (progress: Progress) => void,
  ): Promise<ModelInfo> {
    const onDevice = await device();
    const files = await openModelFiles(await host.openFiles(source, onProgress));
    const textTokenizer = files.tokenizerJson
      ? createTokenizer(files.tokenizerJson, files.tokenizerConfig, files.config)
      : undefined;
    const loaded = await loadModel(onDevice, files, precision, pauser, onProgress);
    try {
      onProgress?.({ done: 0, total: 1, note: "hashing the weights" });
      const sha256 = await hashFiles(files.weightFiles);
      await pauser.pause();
      const info = describeModel(source, loaded, textTokenizer, sha256, files.notes);
      if (current) freeModel(current.model);
      current = { ...loaded, files, tokenizer: textTokenizer, info };
      return info;
    } catch (error) {
      freeModel(loaded.model);
      throw error;
    }
  }

  function cost(request: ShapleyRequest): ShapleyCost {
    const tokens = shapleyTokens(request.chain, request);
    const coalitions = 2 ** request.chain.steps.length;
    return { coalitions, tokens, ...(tokensPerSecond ? { seconds: tokens / tokensPerSecond } : {}) };
  }

  return {
    openDevice,
    loadModel: (source, precision, runId, onProgress) =>
      cancellable(runId, (pauser) => load(source, precision, pauser, onProgress)),
    model: async () => current?.info,

    async tokenize(text, addBos) {
      const found = tokenizer();
      return found.describe(found.encode(text, { addBos }));
    },
    detokenize: async (ids) => tokenizer().decode(ids),
    describeTokens: async (ids) => describeIds(openModel().tokenizer, ids),
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

    run: (spec) =>
      withModel((model) => {
        const capture = (spec.capture ?? []).map((name) => {
          const site = canonicalSite(name, model.config.nLayers);
          if (site) return site;
          throw new VitrineError(
            "Unsupported",
            `This model has no site ${name}; see protocol/sites.ts for their names.`,
          );
        });
        return run(model, { ...spec, capture });
      }),
    generate: (request, runId, onToken) =>
      cancellable(runId, (pauser) =>
        withModel((model) => {
          let before = request.tokens.at(-1);
          return generate(model, request, pauser, (id) => {
            const [token] = describeIds(openModel().tokenizer, [id], before);
            before = id;
            if (token) onToken?.(token);
          });
        }),
      ),
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
    checkKernels: (runId, onProgress) =>
      cancellable(runId, async (pauser) => checkKernels(await device(), pauser, onProgress)),

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

/** Without a tokenizer a token is shown as its id. */
function describeIds(found: Tokenizer | undefined, ids: readonly number[], before?: number): TokenInfo[] {
  return found ? found.describe(ids, before) : ids.map((id) => ({ id, text: ` ${id}`, special: false }));
}

function describeModel(
  source: ModelSource,
  { model, parameters, weightBytes, precision, clippedValues }: LoadedModel,
  found: Tokenizer | undefined,
  sha256: string,
  fileNotes: readonly string[],
): ModelInfo {
  const { nLayers, nHeads, dModel, dVocab, nCtx } = model.config;
  const clipped =
    clippedValues > 0 ? [`${clippedValues} weights do not fit in f16 and were clipped to ±65504.`] : [];
  return {
    name: source.name,
    source: source.kind,
    architecture: model.architecture.name,
    sha256,
    parameters,
    weightBytes,
    precision,
    ...{ nLayers, nHeads, dModel, dVocab, nCtx },
    hasTokenizer: found !== undefined,
    ...(found?.bosId === undefined ? {} : { bosId: found.bosId }),
    ...(found?.eosId === undefined ? {} : { eosId: found.eosId }),
    notes: [...fileNotes, ...clipped],
  };
}
