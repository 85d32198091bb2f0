/**
 * A tiny stand-in for the engine, for component tests only: one word is one token, and every number is made up
 * from the steps that are present. No file of the page imports it.
 */
import type { DeviceInfo, EngineApi, EngineEvent, KeptModel, ModelInfo, TokenInfo } from "../../protocol/api";
import type { CoalitionResult } from "../../protocol/chain";
import { VitrineError } from "../../protocol/errors";
import { allSites } from "../../protocol/sites";

export const TEST_MODEL: ModelInfo = {
  name: "ledger",
  source: "embedded",
  architecture: "gpt2",
  sha256: "ab12".repeat(16),
  parameters: 480_000,
  weightBytes: 960_000,
  precision: "f16",
  nLayers: 4,
  nHeads: 4,
  ...{ nKvHeads: 4, dHead: 24, dMlp: 384 },
  sites: allSites(4, ["attn.rot_q", "attn.rot_k", "mlp.pre_linear"]),
  dModel: 96,
  dVocab: 1000,
  nCtx: 256,
  hasTokenizer: true,
  hasChatTemplate: false,
  bosId: 0,
  eosId: 1,
  notes: [],
};

export interface TestEngine extends EngineApi {
  /** What the model writes next, word by word. */
  writes: string;
  /** The model that the next load gives; an error refuses it. */
  next: ModelInfo | Error;
  /** Names of the calls so far. */
  readonly calls: string[];
  emit(event: EngineEvent): void;
}

export function createTestEngine(): TestEngine {
  const words = new TestWords();
  const listeners: ((event: EngineEvent) => void)[] = [];
  const calls: string[] = [];
  const settings: Settings = { writes: "", next: TEST_MODEL };
  const methods: Partial<EngineApi> = {
    ...modelCalls(settings),
    ...tokenCalls(words),
    ...writingCalls(settings, words),
    ...measuringCalls(),
    ...deviceCalls(),
    subscribe: async (listener) => void listeners.push(listener),
  };
  const emit = (event: EngineEvent) => listeners.forEach((listener) => listener(event));
  return new Proxy(Object.assign(settings, { calls, emit }, methods) as TestEngine, {
    get(target, name, receiver) {
      if (typeof name === "string" && name in methods) calls.push(name);
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}

/** What a test sets, to be read when a call comes. */
type Settings = Pick<TestEngine, "writes" | "next">;

/** One word is one token, numbered as words come up. */
class TestWords {
  readonly #ids = new Map<string, number>([
    ["<s>", 0],
    ["</s>", 1],
  ]);

  encode(text: string): number[] {
    return (text.match(/\s*\S+/g) ?? []).map((word) => {
      const id = this.#ids.get(word) ?? this.#ids.size;
      this.#ids.set(word, id);
      return id;
    });
  }

  readonly describe = (id: number): TokenInfo => ({
    id,
    text: [...this.#ids.keys()][id] ?? ` ${id}`,
    special: id < 2,
  });
}

/** A model that is loaded, and those that are kept. */
function modelCalls(settings: Settings): Partial<EngineApi> {
  let model: ModelInfo | undefined;
  let kept: readonly KeptModel[] = [];
  return {
    async loadModel(source, _, __, onProgress) {
      onProgress?.({ done: 1, total: 2, note: "reading weights" });
      await Promise.resolve();
      if (settings.next instanceof Error) throw settings.next;
      return (model = { ...settings.next, name: source.name, source: source.kind });
    },
    model: async () => model,
    examineModel: async () => undefined,
    async completeModel() {
      if (settings.next instanceof Error || !model) throw settings.next;
      return (model = { ...model, hasTokenizer: true, notes: [] });
    },
    async keepModel(_, onProgress) {
      onProgress?.({ done: 1, total: 2, note: "keeping model.safetensors" });
      if (settings.next instanceof Error || !model) throw settings.next;
      const { name, sha256, parameters } = model;
      const added = { name, sha256, parameters, sizeBytes: 1_000_000, keptAt: "2026-01-02T03:04:05.000Z" };
      kept = [added, ...kept.filter((other) => other.sha256 !== sha256)];
      return added;
    },
    keptModels: async () => ({ models: kept, freeBytes: 2 ** 30 }),
    deleteKept: async (sha256) => void (kept = kept.filter((other) => other.sha256 !== sha256)),
    saes: async () => [],
    sortFiles: async () => ({ saes: [], lenses: [], hasModel: true }),
    lenses: async () => [],
  };
}

function tokenCalls(words: TestWords): Partial<EngineApi> {
  const encode = (text: string) => words.encode(text);
  const withBos = (text: string, addBos: boolean | undefined) => [...(addBos ? [0] : []), ...encode(text)];
  return {
    tokenize: async (text, addBos) => withBos(text, addBos).map(words.describe),
    detokenize: async (ids) => ids.map((id) => words.describe(id).text).join(""),
    describeTokens: async (ids) => ids.map(words.describe),
    chatPrompt: async (message) => ({ text: `[user] ${message} [model]`, addBos: false }),
    tokenizeInside: async (text) => encode(text).map(words.describe),
    tokenizeChain: async ({ prompt, steps, answerPrefix, answer }, addBos = true) => ({
      prompt: withBos(prompt, addBos),
      steps: steps.map(encode),
      answerPrefix: encode(answerPrefix),
      answer: encode(answer),
    }),
  };
}

/** Writing, word by word, until it is cancelled. */
function writingCalls(settings: Settings, words: TestWords): Partial<EngineApi> {
  const cancelled = new Set<string>();
  return {
    async generate({ maxTokens }, runId, onToken) {
      const made: number[] = [];
      for (const id of words.encode(settings.writes).slice(0, maxTokens)) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (cancelled.delete(runId)) throw new VitrineError("Cancelled", "Stopped.");
        made.push(id);
        onToken?.(words.describe(id));
      }
      return { tokens: made, stoppedBy: "stop", elapsedMs: 1 };
    },
    cancel: async (runId) => void cancelled.add(runId),
  };
}

/** Runs, comparisons and games, with made-up numbers. */
function measuringCalls(): Partial<EngineApi> {
  const value = (present: readonly boolean[]): CoalitionResult => ({
    logProb: -present.filter((is) => !is).length,
    top: { ids: Uint32Array.of(2), logProbs: Float32Array.of(-0.1) },
  });
  return {
    run: async () => ({ scores: new Float32Array(0), top: [], captures: [], evaluatedTokens: 0 }),
    async compare({ base, other, pairs, k, targets = [] }) {
      const asked = pairs ?? base.tokens.map((_, i) => [i, i] as const);
      // Every edit takes half a nat from the most probable token.
      const lost = (other.edits?.length ?? 0) / 2;
      const predict = (position: number, less: number) => ({
        top: {
          ids: Uint32Array.from({ length: k }, (_, i) => 2 + ((position + i) % 12)),
          logProbs: Float32Array.from({ length: k }, (_, i) => -(i + 1) - (i === 0 ? less : 0)),
        },
        entropy: 1 + less,
        targets: targets.map((id) => ({ logProb: -id - less, rank: id })),
      });
      return {
        pairs: asked,
        kl: Float32Array.from(asked, () => lost),
        base: asked.map(([position]) => predict(position, 0)),
        other: asked.map(([, position]) => predict(position, lost)),
        baseNext: Float32Array.from(asked, () => -1),
        otherNext: Float32Array.from(asked, () => -1 - lost),
      };
    },
    coalitions: async ({ coalitions }) => coalitions.map(value),
    shapleyCost: async ({ chain }) => ({ coalitions: 2 ** chain.steps.length, tokens: 10 }),
    async chainGame({ chain, mode, value: kind, estimator, seed, players = chain.steps.map((_, i) => i) }) {
      const n = players.length;
      const ones = players.map(() => 1);
      return {
        ...{ mode, value: kind, estimator, seed, phi: { values: ones, low: ones, high: ones } },
        ...{ leaveOneOut: ones, leaveOneIn: ones, banzhaf: ones, vAll: 0, vNone: -n, residual: 0 },
        ...{ coalitionsDone: 2 ** n, coalitions: 2 ** n, evaluatedTokens: 10, elapsedMs: 1 },
        segments: { prompt: 1, steps: ones, answer: 2 ** n },
      };
    },
  };
}

function deviceCalls(): Partial<EngineApi> {
  return {
    openDevice: async (preference): Promise<DeviceInfo> => ({
      kind: "cpu",
      label: "CPU",
      reason: "This browser offers no WebGPU adapter, so the model runs on the CPU: same numbers, slower.",
      preference,
    }),
    async checkKernels(_, onProgress) {
      onProgress?.({ done: 1, total: 2, note: "add" });
      return [
        { kernel: "add", cases: 3, passed: 3, maxError: 0, elapsedMs: 2 },
        {
          kernel: "matmul",
          cases: 2,
          passed: 1,
          maxError: 0.5,
          elapsedMs: 3,
          mismatch: "y[1]: 2, expected 1",
        },
      ];
    },
    counters: async () => ({
      ...{ dispatches: 0, submits: 0, buffersCreated: 0, bindGroupsCreated: 0 },
      ...{ pipelinesCreated: 0, readBacks: 0, bytesReadBack: 0 },
    }),
    loseDevice: async () => undefined,
  };
}
