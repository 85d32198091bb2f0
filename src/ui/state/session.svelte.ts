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
  ModelSource,
  TokenInfo,
} from "../../protocol/api";
import { isVitrineError, messageOf } from "../../protocol/errors";
import type { ChainTokens } from "../../protocol/chain";
import type { EditedPrompt } from "../../protocol/interventions";
import type { LinkState } from "../../client/link/link";
import { createLedgerProblem } from "../../synthetic/ledger/ledger";
import { ChainState } from "./chain.svelte";
import { drawSeed, EMBEDDED_MODELS, fetchExamples, type Example } from "../../client/examples";
import { ModelHealth } from "./modelHealth.svelte";
import { ModelLoader } from "./modelLoader.svelte";
import { EditedRun } from "./editedRun.svelte";
import { EditStack } from "./editStack.svelte";
import { writeChain } from "./writeChain";
import { Autoencoders } from "./autoencoders.svelte";
import { OtherModel } from "./otherModel.svelte";
import { Problems } from "./problems.svelte";
import { Selection, type POSITION_NAMES } from "./selection.svelte";
import { RecentModels } from "./recentModels.svelte";
import type { KernelCheckResult } from "./states";
import { Views } from "./views.svelte";
import { allTokens, positionBeforeAnswer, stepOfTokens } from "../../client/chain/tokenSteps";
import { tokensNamed } from "../../client/tokens/tokenTargets";
import { beginsWithBos, looksLikeTokenIds, parseTokenIds } from "../../client/tokens/tokenIds";

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
  /** A second model, to compare with. */
  readonly other: OtherModel;
  /** The prompt with and without the edits. */
  readonly editedRun: EditedRun;
  /** Problems with known labels, from the visitor's files. */
  readonly problems: Problems;

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
      ready: (...news) => this.#settle(...news),
      attach: (files) => this.#attach(files),
    });
    this.health = new ModelHealth(engine, "main");
    this.recentModels = new RecentModels(engine, this.loader);
    this.saes = new Autoencoders(engine, this);
    this.other = new OtherModel(engine);
    this.editedRun = new EditedRun(engine, this);
    this.problems = new Problems(this);
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
  async start(): Promise<void> {
    await this.engine.subscribe((event) => {
      if (event.type === "deviceLost") {
        const name = this.model?.name ?? "the device";
        this.message = {
          kind: "info",
          text: `The GPU was reset. Restoring ${name}… your prompt and edits are kept.`,
        };
      } else {
        this.device = event.device;
        this.message = { kind: "info", text: `Restored on ${event.device.label}. Nothing was lost.` };
        void this.chain.recompute();
      }
    });
    await this.openDevice(this.device?.preference ?? "auto");
    if (this.loader.state.status !== "none") return;
    await this.loader.reload({ kind: "embedded", name: EMBEDDED_MODELS[0] });
  }

  /** The worker died and another took its place: everything that lived there is loaded again. */
  async restart(): Promise<void> {
    const lost = this.loader.reset(this.recentModels.kept);
    const again = lost ? ` ${lost} would have to be fetched again: open it from the model menu.` : "";
    this.message = {
      kind: "error",
      text: `The engine stopped and was started again. Your prompt and steps are kept.${again}`,
    };
    await this.start();
    await this.chain.recompute();
    await this.other.reopen();
  }

  async openDevice(preference: DevicePreference): Promise<void> {
    try {
      this.device = await this.engine.openDevice(preference);
      this.kernelCheck = undefined;
      // Numbers say which device they come from.
      if (this.model) void this.chain.renew();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends what the model before was still writing, then fits prompt and chain to this one. */
  async #settle(info: ModelInfo, source: ModelSource, before?: ModelInfo): Promise<void> {
    const done = before ? [`${info.name} reads text now, with this tokenizer.`] : [];
    const notes = [...done, ...info.notes.filter((note) => !before?.notes.includes(note))];
    if (notes.length > 0) this.message = { kind: "info", text: notes.join(" ") };
    try {
      if (this.generating) this.stop();
      await this.#thinking;
      // Ids that were typed are not text.
      if (before && looksLikeTokenIds(this.promptText)) this.#clear();
      await this.#afterLoad(source, info);
      if (this.model === info) this.onLoaded?.().catch((error: unknown) => this.fail(error));
      void this.#examine(info);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Autoencoders that were dropped on the page, or that lay in the model's folder: shown where they are at home. */
  async #attach(files: readonly File[]): Promise<void> {
    const before = this.saes.list.length;
    await this.saes.attachFiles(files, undefined);
    const count = this.saes.list.length - before;
    if (count > 0 || this.saes.incomplete) this.panel = "Features";
    if (count > 0) {
      const what = count === 1 ? "A sparse autoencoder was" : `${count} sparse autoencoders were`;
      this.message = { kind: "info", text: `${what} attached to ${this.model?.name}.` };
    } else if (this.saes.error) this.message = { kind: "error", text: this.saes.error };
  }

  async #examine(info: ModelInfo): Promise<void> {
    const problem = await this.health.examine(info);
    if (problem === undefined || this.model !== info || this.message?.kind === "error") return;
    this.message = { kind: "info", text: [...info.notes, problem].join(" ") };
  }

  async #afterLoad(source: ModelSource, info: ModelInfo): Promise<void> {
    this.chain.reset(info.sha256);
    await this.saes.refresh();
    this.addBos = info.hasTokenizer && (await beginsWithBos(this.engine));
    await this.chain.chooseFiller();
    this.examples = source.kind === "embedded" ? await fetchExamples(info.name) : [];
    const [first] = this.examples;
    if (this.promptText === "" && first) return this.showExample(first);
    // Words mean nothing to a model that takes token ids.
    if (!info.hasTokenizer && !looksLikeTokenIds(this.promptText)) this.#clear();
    await Promise.all([this.refreshTokens(), this.chain.recompute()]);
  }

  #clear(): void {
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

  stop(): void {
    void this.engine.cancel(GENERATE);
    this.chain.game.cancel();
  }

  /** Puts the prompt into the model's chat template. */
  async asChat(): Promise<void> {
    try {
      const { text, addBos } = await this.engine.chatPrompt(this.promptText);
      this.promptText = text;
      this.addBos = addBos;
      this.forget();
      this.chain.set({ prompt: text, steps: [], answerPrefix: "", answer: "" });
      await this.refreshTokens();
    } catch (error) {
      this.fail(error);
    }
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

  /** Tokens of a text by itself: without BOS. */
  async pieceTokens(text: string): Promise<TokenInfo[]> {
    return this.model?.hasTokenizer ? this.engine.tokenize(text, false) : this.promptTokens(text);
  }

  /** Tokens that a text names; of a model without a tokenizer, ids. */
  async namedTokens(text: string): Promise<readonly TokenInfo[]> {
    return this.model?.hasTokenizer ? tokensNamed(this.engine, text) : this.promptTokens(text);
  }

  /** Tokens of a text; token ids typed by hand where the model has no tokenizer. */
  async promptTokens(text: string): Promise<TokenInfo[]> {
    const { model } = this;
    if (!model || text === "") return [];
    if (model.hasTokenizer) return this.engine.tokenize(text, this.addBos);
    return this.engine.describeTokens(parseTokenIds(text, model.dVocab));
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
