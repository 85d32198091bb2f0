/**
 * The session: which device and model are open, what is typed, what was generated. The chain of thought and its
 * results live in `chain.svelte.ts`; both are handed down by context.
 */
import { getContext, setContext } from "svelte";
import type {
  DeviceInfo,
  DevicePreference,
  EngineApi,
  GenerateResult,
  ModelInfo,
  TokenInfo,
} from "../../protocol/api";
import { isVitrineError, messageOf } from "../../protocol/errors";
import type { ChainTokens } from "../../protocol/chain";
import type { EditedPrompt } from "../../protocol/interventions";
import type { LinkState } from "../../client/link/link";
import { createLedgerProblem } from "../../synthetic/ledger/ledger";
import { ChainState } from "./chain/chain.svelte";
import { drawSeed, type Example } from "../../client/examples";
import { ModelHealth } from "./modelHealth.svelte";
import { ModelLoader } from "./modelLoader.svelte";
import { EditedRun } from "./editedRun.svelte";
import { EditStack } from "./editStack.svelte";
import { GraphFiles } from "./graphFiles.svelte";
import { writeAsChat, writeChain } from "./writeChain";
import { Autoencoders } from "./autoencoders.svelte";
import { Lenses } from "./lenses.svelte";
import { attachFiles, openDevice, restartSession, settle, startSession } from "./opening";
import { OtherModel } from "./otherModel.svelte";
import { Query, type Next } from "./query.svelte";
import { Problems } from "./problems.svelte";
import { OpenDirections } from "./steering/openDirections.svelte";
import { Selection, type POSITION_NAMES } from "./selection.svelte";
import { RecentModels } from "./recentModels.svelte";
import type { KernelCheckResult } from "./states";
import { Views } from "./views.svelte";
import { allTokens, positionBeforeAnswer, stepOfTokens } from "../../client/chain/tokenSteps";
import { namedTokens, pieceTokens, promptTokens } from "../../client/tokens/typedTokens";

const GENERATE = "generate";

export class Session {
  readonly selection = new Selection();
  readonly edits = new EditStack(this);
  readonly views = new Views();
  /** The panel that is shown, by the name of its folder. */
  panel = $state("ChainOfThought");
  readonly chain: ChainState;
  readonly loader: ModelLoader;
  /** Whether the model works, where that is in doubt. */
  readonly health: ModelHealth;
  readonly recentModels: RecentModels;
  /** Autoencoders that are attached to the model. */
  readonly saes: Autoencoders;
  /** Jacobian lenses of the model. */
  readonly lenses: Lenses;
  /** A second model, to compare with. */
  readonly other: OtherModel;
  /** The prompt with and without the edits. */
  readonly editedRun: EditedRun;
  /** Problems with known labels, from the visitor's files. */
  readonly problems: Problems;
  /** Attribution graphs from the visitor's files. */
  readonly graphs = new GraphFiles();
  /** Directions or contrast pairs from the visitor's files. */
  readonly directions: OpenDirections;

  device = $state.raw<DeviceInfo | undefined>();
  /** What the strip at the top says, if anything. */
  message = $state.raw<{ readonly kind: "info" | "error"; readonly text: string } | undefined>();

  promptText = $state("");
  temperature = $state(0);
  topK = $state(0);
  topP = $state(1);
  seed = $state(7);
  maxTokens = $state(120);
  addBos = $state(true);
  /** The seed of the problem on screen, if it was drawn from the generator. */
  exampleSeed = $state<number | undefined>();

  generating = $state(false);
  /** How many of `tokens` are the prompt's, while and after the model writes. */
  promptLength = $state(0);
  /** The last answer of the model, until the prompt changes. */
  generated = $state.raw<GenerateResult | undefined>();
  /** How many edits it was written under. */
  writtenUnder = $state(0);
  /** What the last check of the kernels on this device found. */
  kernelCheck = $state.raw<KernelCheckResult | undefined>();
  /** Tokens of the prompt and of what came after it, as the model sees them. */
  tokens = $state.raw<readonly TokenInfo[]>([]);
  /** The chain that `tokens` are, part by part; undefined where they are no chain. */
  parts = $state.raw<ChainTokens | undefined>();
  examples = $state.raw<readonly Example[]>([]);
  /** A link whose model is not loaded yet. */
  awaiting = $state.raw<LinkState | undefined>();
  /** A sentence, or how to find it from what is on screen now. */
  #comparison = $state.raw<string | (() => string | undefined) | undefined>();

  /** Called when a model was loaded and the session has settled on it: a link may wait for this. */
  onLoaded: (() => Promise<void>) | undefined;

  #tokenRequest = 0;
  /** The generation under way, if any. */
  #thinking: Promise<void> = Promise.resolve();

  constructor(readonly engine: EngineApi) {
    this.chain = new ChainState(engine, this);
    this.loader = new ModelLoader(engine, {
      begins: () => {
        this.health.stop();
        if (this.message?.kind === "info") this.message = undefined;
      },
      ready: (...news) => settle(this, ...news),
      attach: (files) => attachFiles(this, files),
    });
    this.health = new ModelHealth(engine, "main");
    this.recentModels = new RecentModels(engine, this.loader);
    this.saes = new Autoencoders(engine, this);
    this.lenses = new Lenses(engine, this);
    this.other = new OtherModel(engine);
    this.editedRun = new EditedRun(engine, this);
    this.problems = new Problems(this);
    this.directions = new OpenDirections(engine);
  }

  /**
   * How the numbers here compare with a link's or the recording's. A claim is made from the state as it is, whenever it is
   * read, so it cannot outlive what it is about.
   */
  get comparison(): string | undefined {
    const sentence = this.#comparison;
    return typeof sentence === "function" ? sentence() : sentence;
  }

  set comparison(sentence: string | (() => string | undefined) | undefined) {
    this.#comparison = sentence;
  }

  /**
   * What views look at: the tokens of the strip and the edits that are on. Undefined before there is anything, and
   * while the model writes.
   */
  readonly prompt = $derived.by((): EditedPrompt | undefined => {
    if (!this.model || this.generating || this.tokens.length === 0) return undefined;
    return { tokens: this.tokens.map(({ id }) => id), edits: this.edits.active };
  });

  /** Of each of `tokens` its step, -1 before the first one; what the model is writing is not cut yet. */
  readonly tokenSteps = $derived.by((): readonly number[] => {
    if (this.parts) return stepOfTokens(this.parts);
    return this.tokens.map((_, i) => (this.generating && i >= this.promptLength ? Infinity : -1));
  });

  /** The position that predicts the answer's first token, where there is an answer. */
  readonly answerAt = $derived(this.parts && positionBeforeAnswer(this.parts));

  /** The position that views are about: the pinned one, else the one that predicts the answer, else the last. */
  get position(): number {
    return Math.min(this.selection.pinned ?? this.answerAt ?? Infinity, this.tokens.length - 1);
  }

  /** Why it is that one. */
  get positionName(): keyof typeof POSITION_NAMES {
    if (this.selection.pinned !== undefined) return "pinned";
    return this.answerAt === undefined ? "last" : "answer";
  }

  /** The model that answers, also while another is loading. */
  get model(): ModelInfo | undefined {
    return this.loader.model;
  }

  /** Opens the device and the model: the one that was open, else the first embedded one. */
  start(): Promise<void> {
    return startSession(this);
  }

  /** The worker died and another took its place: everything that lived there is loaded again. */
  restart(): Promise<void> {
    return restartSession(this);
  }

  openDevice(preference: DevicePreference): Promise<void> {
    return openDevice(this, preference);
  }

  /** An empty prompt without a chain. */
  clear(): void {
    this.promptText = "";
    this.forget();
    this.chain.set({ prompt: "", steps: [], answerPrefix: "", answer: "" });
  }

  showExample({ prompt, steps, answerPrefix, answer }: Example): void {
    this.promptText = prompt;
    this.forget();
    this.chain.set({ prompt, steps, answerPrefix, answer });
    void this.refreshTokens();
  }

  /** What was said about the prompt before does not belong to it any more. */
  forget(): void {
    this.exampleSeed = undefined;
    this.generated = undefined;
    this.comparison = undefined;
    this.awaiting = undefined;
    this.selection.pinned = undefined;
  }

  /** Draws a problem from the generator that the embedded models were trained on: another one each time. */
  newExample(seed = drawSeed()): void {
    const { prompt, steps, answerPrefix, answer } = createLedgerProblem(seed);
    this.showExample({ title: "", prompt, steps: steps.map(({ text }) => text), answerPrefix, answer });
    this.exampleSeed = seed;
  }

  /** Lets the model write after the prompt, then splits what it wrote into steps and answer. */
  async think(): Promise<void> {
    const { model } = this;
    if (!model || this.generating) return;
    this.generating = true;
    this.#thinking = writeChain(this, model, GENERATE)
      .catch((error: unknown) => this.fail(error))
      .finally(() => (this.generating = false));
    await this.#thinking;
    // The strip is the chain as it is scored, cut into its parts.
    if (this.model === model && !this.chain.isEmpty) await this.refreshTokens();
  }

  /** Ends what the model is still writing, and waits until it has. */
  async endWriting(): Promise<void> {
    if (this.generating) this.stop();
    await this.#thinking;
  }

  stop(): void {
    void this.engine.cancel(GENERATE);
    this.chain.game.cancel();
  }

  /** Puts the prompt into the model's chat template. */
  asChat(): Promise<void> {
    return writeAsChat(this).catch((error: unknown) => this.fail(error));
  }

  /** The strip shows the whole chain, exactly as the model reads it. */
  async refreshTokens(): Promise<void> {
    const request = ++this.#tokenRequest;
    try {
      const isChain = !this.chain.isEmpty && this.model?.hasTokenizer;
      const parts = isChain ? await this.chain.tokens() : undefined;
      const tokens = parts
        ? await this.engine.describeTokens(allTokens(parts))
        : await this.promptTokens(this.promptText);
      if (request === this.#tokenRequest && !this.generating) this.showTokens(tokens, parts);
    } catch (error) {
      this.fail(error);
    }
  }

  /** What the strip shows and views are about; `parts` are the same tokens where they are a chain. */
  showTokens(tokens: readonly TokenInfo[], parts?: ChainTokens): void {
    this.tokens = tokens;
    this.parts = parts;
  }

  /** What is typed, as tokens: a prompt, a text by itself, the tokens that a text names. */
  readonly promptTokens = (text: string) => promptTokens(this, text);
  readonly pieceTokens = (text: string) => pieceTokens(this, text);
  readonly namedTokens = (text: string) => namedTokens(this, text);

  /**
   * A question to the engine that lives as long as the component that makes it. It is asked whenever what `next` reads
   * has changed, or by `ask`; `release` lets go of what an answer holds in the engine.
   */
  query<T>(next?: () => Next<T>, release?: (value: T) => void): Query<T> {
    const query = new Query<T>(this.engine, release);
    $effect(() => () => query.clear());
    if (next) query.follow(next);
    return query;
  }

  fail(error: unknown): void {
    if (isVitrineError(error, "Cancelled")) return;
    this.message = { kind: "error", text: messageOf(error) };
  }
}

const KEY = Symbol("session");

export function provideSession(session: Session): Session {
  return setContext(KEY, session);
}

/** The same as a map, for mounting one component on its own. */
export function sessionContext(session: Session): Map<unknown, unknown> {
  return new Map([[KEY, session]]);
}

export function useSession(): Session {
  return getContext<Session>(KEY);
}
