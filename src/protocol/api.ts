/**
 * The engine's flat API: what crosses the worker boundary, and what `window.vitrine` offers for scripting.
 * Arguments and results are plain data; typed arrays are transferred. Callbacks are wrapped by the client.
 */
import type { GradientResult, PromptGradientsRequest } from "./gradients/gradients";
import type { Progress, RunId } from "./progress";
import type { ChainText, ChainTokens } from "./chain";
import type { ChainApi } from "./chainApi";
import type { GradientApi } from "./gradients/gradientApi";
import type { LensApi } from "./gradients/lenses";
import type { SaeApi } from "./sae/saeApi";
import type { SteeringApi } from "./steering";
import type { TrainingApi } from "./sae/training";
import type {
  AttributionRequest,
  AttributionResult,
  CapturePlan,
  CaptureRequest,
  CompareRequest,
  CompareResult,
  LensRequest,
  LensResult,
  ModelSlot,
  NeuronRequest,
  NeuronResult,
  SweepCost,
  SweepRequest,
  SweepResult,
  TensorRef,
  TensorStats,
  TensorWindow,
  WindowData,
} from "./analysis";
import type { Edit } from "./interventions";
import type { GivenFields, MissingFields } from "./missingFields";
import type { RunResult, RunRequest } from "./run";
import type { Site } from "./sites";

export type DevicePreference = "auto" | "webgpu" | "cpu";
/** How matrices are held: f32, packed halves, or bytes with a scale for each row. */
export type Precision = "f32" | "f16" | "q8";

export interface DeviceInfo {
  readonly kind: "webgpu" | "cpu";
  /** The adapter's name, or "CPU". */
  readonly label: string;
  /** One sentence: why this device. */
  readonly reason: string;
  readonly preference: DevicePreference;
}

export type ModelSource = ModelPlace & {
  /** Files that came later and complete it: its tokenizer. */
  readonly companions?: readonly File[];
  /** Fields of its config that its files do not say; they come before what the files say. */
  readonly fields?: GivenFields;
};

type ModelPlace =
  /** A model that ships with the page, by its folder under static/models. */
  | { readonly kind: "embedded"; readonly name: string }
  /** The visitor's own files, dropped or picked; `name` is for display. */
  | { readonly kind: "files"; readonly name: string; readonly files: readonly File[] }
  | HubSource
  /** A model that was kept on this device, by the SHA-256 of its weights. */
  | { readonly kind: "kept"; readonly name: string; readonly sha256: string };

/** Files that are fetched from another host when this is loaded, and not before. */
export interface HubSource {
  readonly kind: "hub";
  readonly name: string;
  /** "owner/name", "owner/name@revision", or a URL (see modelAddress.ts). */
  readonly address: string;
  /** Where the Hub is, for a mirror. */
  readonly hubUrl?: string;
  /** The repository whose tokenizer it uses, if it has none of its own. */
  readonly tokenizerFrom?: string;
}

/** A model whose files are kept on this device, in storage that only this page can read. */
export interface KeptModel {
  readonly name: string;
  /** SHA-256 of the weights, hex: as in ModelInfo. */
  readonly sha256: string;
  readonly parameters: number;
  /** Of all its files. */
  readonly sizeBytes: number;
  /** When it was kept: ISO 8601. */
  readonly keptAt: string;
}

export interface KeptModels {
  /** Newest first. */
  readonly models: readonly KeptModel[];
  /** What the browser still grants this page; undefined where it does not tell. */
  readonly freeBytes?: number;
}

export interface ModelInfo {
  readonly name: string;
  readonly source: ModelSource["kind"];
  /** The architecture file that reads it, e.g. "gpt2". */
  readonly architecture: string;
  /**
   * SHA-256 of the weight file(s), hex; shards are hashed in order of name. For an earlier one of a file's checkpoints a
   * line that names it is hashed along.
   */
  readonly sha256: string;
  readonly parameters: number;
  /** Bytes of the weights on the device. */
  readonly weightBytes: number;
  readonly precision: Precision;
  readonly nLayers: number;
  readonly nHeads: number;
  /** Key-value heads; fewer than nHeads under grouped-query attention. */
  readonly nKvHeads: number;
  readonly dHead: number;
  readonly dMlp: number;
  /** Every site that can be captured and edited, in the order of the forward pass. */
  readonly sites: readonly Site[];
  readonly dModel: number;
  readonly dVocab: number;
  readonly nCtx: number;
  /** Without one, token ids are typed. */
  readonly hasTokenizer: boolean;
  /** SHA-256 of the tokens' spellings in order of id, where there is a tokenizer: equal where ids mean the same. */
  readonly vocabulary?: string;
  /** It is a chat model: `chatPrompt` writes a message as it expects it. */
  readonly hasChatTemplate: boolean;
  readonly bosId?: number;
  readonly eosId?: number;
  /** Mean -log p of a token of plain English, nats, where the model can read it. */
  readonly sampleLoss?: number;
  /** It reads plain English badly: it was trained on something else, or it is broken. `examineModel` tells which. */
  readonly isDoubtful?: true;
  /** What the precision costs on a sample prompt: the largest difference of a logit from f32, and their spread. */
  readonly logitError?: { readonly largest: number; readonly spread: number };
  /** Where its file holds the weights of many epochs: their names, and which one is open. */
  readonly checkpoints?: { readonly names: readonly string[]; readonly chosen: number };
  /** Warnings worth showing: clipped values, no tokenizer, output that looks like noise. */
  readonly notes: readonly string[];
}

export interface TokenInfo {
  readonly id: number;
  /** Exactly the text this token adds; bytes that are not a whole character are shown in hex. */
  readonly text: string;
  readonly special: boolean;
}

export interface GenerateRequest {
  readonly tokens: readonly number[];
  readonly maxTokens: number;
  /** 0 = greedy. */
  readonly temperature: number;
  /** 0 = off. */
  readonly topK: number;
  /** 1 = off. */
  readonly topP: number;
  readonly seed: number;
  /** Generation ends before a token of this list. */
  readonly stopIds: readonly number[];
  /** Applied to the prompt and to every token that is written. */
  readonly edits?: readonly Edit[];
  /** Sites to capture at every token, of the prompt and written. */
  readonly capture?: readonly Site[];
}

export interface GenerateResult {
  /** The new tokens only. */
  readonly tokens: readonly number[];
  readonly stoppedBy: "length" | "stop" | "context";
  readonly elapsedMs: number;
  /** What was captured; the caller releases it. */
  readonly captures?: readonly TensorRef[];
}

/** The device's running totals (see device/device.ts). */
export interface CounterValues {
  readonly dispatches: number;
  readonly submits: number;
  readonly buffersCreated: number;
  readonly bindGroupsCreated: number;
  readonly pipelinesCreated: number;
  readonly readBacks: number;
  readonly bytesReadBack: number;
}

/** What the engine tells without being asked. */
export type EngineEvent =
  | { readonly type: "deviceLost"; readonly message: string }
  | { readonly type: "deviceRestored"; readonly device: DeviceInfo };

/** Largest error of each kernel against its reference, on this device, now. */
export interface KernelCheck {
  readonly kernel: string;
  readonly cases: number;
  readonly passed: number;
  /** Largest |device - reference| / (1 + |reference|). */
  readonly maxError: number;
  readonly elapsedMs: number;
  /** The first mismatch in words, if any. */
  readonly mismatch?: string;
}

export interface EngineApi extends ChainApi, GradientApi, LensApi, SaeApi, SteeringApi, TrainingApi {
  /** Opens (or changes) the device; a loaded model is uploaded again. */
  openDevice(preference: DevicePreference): Promise<DeviceInfo>;
  loadModel(
    source: ModelSource,
    precision: Precision | "auto",
    runId: RunId,
    onProgress?: (p: Progress) => void,
  ): Promise<ModelInfo>;
  /** What to ask about files that a load refused with MissingFields; undefined if they say all. */
  missingFields(source: ModelSource, runId: RunId): Promise<MissingFields | undefined>;
  /** The loaded model, if any. */
  model(): Promise<ModelInfo | undefined>;
  /** A second model beside it, to compare with; it shares the device. */
  loadOtherModel(
    source: ModelSource,
    precision: Precision | "auto",
    runId: RunId,
    onProgress?: (p: Progress) => void,
  ): Promise<ModelInfo>;
  closeOtherModel(): Promise<void>;
  /** Adds files that were missing when the model was loaded: its tokenizer. */
  completeModel(files: readonly File[]): Promise<ModelInfo>;
  /** What is wrong with a doubtful model, in a sentence; undefined if nothing is found. */
  examineModel(runId: RunId, model?: ModelSlot): Promise<string | undefined>;
  /** Keeps the loaded model's files on this device. */
  keepModel(runId: RunId, onProgress?: (p: Progress) => void): Promise<KeptModel>;
  keptModels(): Promise<KeptModels>;
  deleteKept(sha256: string): Promise<void>;

  /** `addBos` undefined: as the model does by itself. */
  tokenize(text: string, addBos: boolean | undefined, model?: ModelSlot): Promise<TokenInfo[]>;
  /** The text of token ids, special tokens left out; `before`: the token ahead of them, if they do not begin a text. */
  detokenize(ids: readonly number[], before?: number): Promise<string>;
  describeTokens(ids: readonly number[], model?: ModelSlot): Promise<TokenInfo[]>;
  /** Tokens of a text as it reads in the middle of another: without what stands at a text's beginning alone. */
  tokenizeInside(text: string, model?: ModelSlot): Promise<TokenInfo[]>;
  /** A chain as the tokens of its whole text; `addBos` undefined: as the model does by itself. */
  tokenizeChain(chain: ChainText, addBos?: boolean, model?: ModelSlot): Promise<ChainTokens>;

  /** A message of the user in the model's chat template, and whether BOS still has to come before it. */
  chatPrompt(message: string): Promise<{ readonly text: string; readonly addBos: boolean }>;

  run(spec: RunRequest): Promise<RunResult>;
  generate(
    request: GenerateRequest,
    runId: RunId,
    onToken?: (token: TokenInfo) => void,
  ): Promise<GenerateResult>;

  /** What a capture would hold, before it runs. */
  planCapture(request: CaptureRequest): Promise<CapturePlan>;
  /** Captures sites of every prompt in one run; the engine holds the tensors until they are released. */
  capture(request: CaptureRequest, runId: RunId): Promise<TensorRef[]>;
  releaseTensors(ids: readonly number[]): Promise<void>;
  /** Of a tensor, or of its difference from another of the same shape. */
  tensorStats(id: number, minus?: number): Promise<TensorStats>;
  /** A part of a tensor, pooled where it is larger than what is drawn. */
  readTensor(window: TensorWindow): Promise<WindowData>;
  /** Whole tensors as a file, hook names as keys. */
  exportTensors(
    ids: readonly number[],
    format: "safetensors" | "npz",
    metadata: Readonly<Record<string, string>>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  logitLens(request: LensRequest, runId: RunId): Promise<LensResult>;
  attribution(request: AttributionRequest): Promise<AttributionResult>;
  neuron(request: NeuronRequest): Promise<NeuronResult>;
  compare(request: CompareRequest, runId: RunId): Promise<CompareResult>;
  /** Gradients of scalars at sites, under edits; alarms say which of them are no results. */
  gradients(request: PromptGradientsRequest, runId: RunId): Promise<GradientResult>;
  sweepCost(request: SweepRequest): Promise<SweepCost>;
  sweep(
    request: SweepRequest,
    runId: RunId,
    onProgress?: (partial: SweepResult) => void,
  ): Promise<SweepResult>;

  /** Runs every kernel's test cases on this device against the references. */
  checkKernels(runId: RunId, onProgress?: (p: Progress) => void): Promise<KernelCheck[]>;

  /** Stops a long call at its next pause; its promise rejects with Cancelled. Unknown ids are ignored. */
  cancel(runId: RunId): Promise<void>;
  counters(): Promise<CounterValues>;
  subscribe(listener: (event: EngineEvent) => void): Promise<void>;
  /** Destroys the GPU device under the engine, to show that the session survives. Does nothing on the CPU. */
  loseDevice(): Promise<void>;
}
