/**
 * The chain of thought under study: its parts, how absent steps are taken away, and what the engine found. A newer request makes
 * the answer of an older one irrelevant.
 */
import type { EngineApi, ModelInfo } from "../../../protocol/api";
import type { Ablation, AblationMode, ChainTokens } from "../../../protocol/chain";
import { isVitrineError, messageOf } from "../../../protocol/errors";
import type { Edit } from "../../../protocol/interventions";
import { withTokenEdits } from "../../../protocol/tokenEdits";
import { ChainTokenCache } from "../../../client/chain/chainTokenCache";
import { AblationCache } from "../../../client/chain/ablationCache";
import { cutChain, type Cut } from "../../../client/chain/cuts";
import { ChainGame } from "./chainGame.svelte";
import { CHAIN_DEFAULTS, samplesOf, valueOf, type ChainSettings } from "../../../client/chain/chainSettings";
import { evaluateEffect, type Effect } from "../../../client/chain/effect";
import { findFiller, readFiller } from "../../../client/chain/filler";
import { ChainParts } from "./chainParts.svelte";
import type { Views } from "../views.svelte";

export class ChainState extends ChainParts {
  readonly settings: ChainSettings;
  readonly game: ChainGame;

  mode = $state<AblationMode>("delete");
  fillerText = $state("_");
  fillerId = $state(0);

  effect = $state.raw<Effect | undefined>();
  computing = $state(false);
  error = $state.raw<string | undefined>();
  /** While the results are a recording: the SHA-256 of the model that gave them. */
  recordedFrom = $state.raw<string | undefined>();
  /** While `b` is held the panel shows the baseline as if it were now. */
  baselineHeld = $state(false);

  /** The edits that results were asked under. */
  #under = "[]";
  #request = 0;
  #newest: Promise<void> = Promise.resolve();
  readonly #ablations: AblationCache;
  readonly #tokens: ChainTokenCache;

  constructor(
    private readonly engine: EngineApi,
    /** What the chain is read by; the session. */
    private readonly reader: {
      readonly model: ModelInfo | undefined;
      readonly addBos: boolean;
      readonly views: Views;
      /** What every value is computed under. */
      readonly edits?: { readonly active: readonly Edit[] };
    },
  ) {
    super();
    this.settings = reader.views.of("ChainOfThought", CHAIN_DEFAULTS);
    this.game = new ChainGame(engine, this);
    this.#ablations = new AblationCache(engine);
    this.#tokens = new ChainTokenCache(engine);
  }

  protected get model(): ModelInfo | undefined {
    return this.reader.model;
  }

  /** Another model: nothing that the one before said is kept, but a recording of this very model. */
  reset(sha256: string): void {
    if (this.recordedFrom !== sha256) this.clearResults();
    this.error = undefined;
  }

  /** The model's own filler, unless the visitor has to say. */
  async chooseFiller(): Promise<void> {
    if (!this.model?.hasTokenizer) return;
    const filler = await findFiller(this.engine);
    if (!filler) return;
    this.fillerText = filler.text;
    this.fillerId = filler.id;
  }

  /** The filler of "replace", the symbol of "symbol". */
  async setFiller(text: string): Promise<void> {
    try {
      const filler = await readFiller(this.engine, text);
      this.fillerText = filler.text;
      this.fillerId = filler.id;
      this.changed();
    } catch (error) {
      this.#fail(error);
    }
  }

  setMode(mode: AblationMode): void {
    this.mode = mode;
    this.changed();
  }

  /** Settings that every value depends on. */
  setValue(settings: Partial<Pick<ChainSettings, "value" | "answers" | "samples" | "temperature">>): void {
    Object.assign(this.settings, settings);
    this.changed();
  }

  /** Settings of the game alone: toggled values stay. */
  setGame(settings: Partial<Pick<ChainSettings, "players" | "estimator" | "budget" | "seed">>): void {
    Object.assign(this.settings, settings);
    this.game.clear();
    // In "resample" the seed also draws what stands in a step's place.
    if (settings.seed !== undefined && this.mode === "resample") this.changed();
    else void this.recompute();
  }

  /** Cuts the whole chain anew. */
  async recut(cut: Cut): Promise<void> {
    const joined = this.steps.map(({ text }) => text).join("");
    try {
      const texts = await cutChain(this.engine, this.text, cut);
      // Whoever edited it meanwhile wants something else.
      if (joined !== this.steps.map(({ text }) => text).join("")) return;
      this.cutInto(texts);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The chain is another: earlier values do not belong to it. */
  changed(): void {
    this.clearResults();
    void this.recompute();
  }

  /** Other edits: other values. */
  editsChanged(): void {
    if (JSON.stringify(this.edits) !== this.#under) this.changed();
  }

  clearResults(): void {
    this.game.clear();
    this.#request++;
    this.recordedFrom = this.effect = undefined;
    this.computing = false;
  }

  /** Everything again, on another device or in another precision; the text is the same. */
  async renew(): Promise<void> {
    this.clearResults();
    this.#ablations.forget();
    await this.recompute();
  }

  /**
   * Evaluates the toggled chain beside the whole one; once per text also every prefix and every chain without
   * one step.
   */
  recompute(): Promise<void> {
    return (this.#newest = this.#evaluate());
  }

  /** Until the numbers are those of the chain on screen. */
  async settled(): Promise<void> {
    let awaited: Promise<void> | undefined;
    while (awaited !== this.#newest) await (awaited = this.#newest);
  }

  async #evaluate(): Promise<void> {
    const request = ++this.#request;
    this.#under = JSON.stringify(this.edits);
    const model = this.model;
    if (!model || !model.hasTokenizer || this.answer === "") {
      // A recorded example that was toggled: the engine owes the answer when it is there.
      this.computing = !model && this.effect !== undefined;
      return;
    }
    this.computing = true;
    this.error = undefined;
    const isNewest = () => request === this.#request;
    try {
      const known = this.recordedFrom === undefined ? this.effect : undefined;
      const chain = await this.tokens();
      const ablation = await this.ablation(chain);
      const uneditedAblation = this.edits.length > 0 ? await this.ablation(chain, []) : undefined;
      const value = valueOf(this.settings);
      const answers = value === "expected" ? await this.game.answers() : undefined;
      if (!isNewest()) return;
      const asked = { chain, ...ablation, value, edits: this.edits, ...(answers && { answers }) };
      const effect = await evaluateEffect(this.engine, asked, this.present, known, uneditedAblation);
      if (!isNewest()) return;
      this.effect = effect;
      this.recordedFrom = undefined;
      if (this.game.cost) return;
      const cost = await this.game.estimateCost(chain, ablation);
      if (isNewest()) this.game.cost = cost;
    } catch (error) {
      if (isNewest()) this.#fail(error);
    } finally {
      if (isNewest()) this.computing = false;
    }
  }

  /** The edits that are on. */
  get edits(): readonly Edit[] {
    return this.reader.edits?.active ?? [];
  }

  /** How absent steps are taken away; what is written in their place is written without the edits. */
  ablation(given: ChainTokens, edits = this.edits): Promise<Ablation> {
    const chain = this.mode === "resample" ? given : withTokenEdits(given, edits);
    const { mode, fillerId, settings } = this;
    const { seed, temperature } = settings;
    const ask = { mode, fillerId, samples: samplesOf(settings), seed, temperature };
    return this.#ablations.of(this.model?.sha256 ?? "", chain, ask);
  }

  /** The chain as token ids, with BOS as the visitor has it; or with another answer in the answer's place. */
  tokens(answer = this.answer): Promise<ChainTokens> {
    return this.#tokens.of(this.model, { ...this.text, answer }, this.reader.addBos);
  }

  #fail(error: unknown): void {
    if (!isVitrineError(error, "Cancelled")) this.error = messageOf(error);
  }
}
