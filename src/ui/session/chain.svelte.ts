/**
 * The chain of thought under study: its text in parts, which steps are present, how absent ones are taken away,
 * and what the engine found. A newer request makes the answer of an older one irrelevant.
 */
import type { EngineApi, ModelInfo } from "../../protocol/api";
import {
  MAX_EXACT_STEPS,
  type AblationMode,
  type ChainText,
  type ChainTokens,
  type ShapleyCost,
  type ShapleyResult,
} from "../../protocol/chain";
import { isVitrineError } from "../../protocol/errors";
import { evaluateEffect, type Effect } from "./effect";
import { findFiller, readFiller } from "./filler";
import { splitChain, splitSteps } from "./splitSteps";
import { cutAtWord, keepingSpace } from "./stepText";

export interface Step {
  /** Stays with the step while others are split, merged or removed. */
  readonly id: number;
  readonly text: string;
  readonly present: boolean;
}

export class ChainState {
  prompt = $state("");
  steps = $state.raw<readonly Step[]>([]);
  answerPrefix = $state("");
  answer = $state("");
  mode = $state<AblationMode>("delete");
  fillerText = $state("_");
  fillerId = $state(0);

  effect = $state.raw<Effect | undefined>();
  computing = $state(false);
  error = $state.raw<string | undefined>();
  cost = $state.raw<ShapleyCost | undefined>();
  shapley = $state.raw<ShapleyResult | undefined>();
  running = $state(false);
  /** While the results are a recording: the SHA-256 of the model that gave them. */
  recordedFrom = $state.raw<string | undefined>();
  /** While `b` is held the panel shows the baseline as if it were now. */
  baselineHeld = $state(false);

  #nextId = 1;
  #request = 0;
  #run = 0;

  constructor(
    private readonly engine: EngineApi,
    /** What the chain is read by; the session. */
    private readonly reader: { readonly model: ModelInfo | undefined; readonly addBos: boolean },
  ) {}

  get isEmpty(): boolean {
    return this.steps.length === 0 && this.answer === "";
  }

  get text(): ChainText {
    const { prompt, answerPrefix, answer } = this;
    return { prompt, steps: this.steps.map(({ text }) => text), answerPrefix, answer };
  }

  get wholeText(): string {
    const { prompt, steps, answerPrefix, answer } = this.text;
    return [prompt, ...steps, answerPrefix, answer].join("");
  }

  get present(): boolean[] {
    return this.steps.map(({ present }) => present);
  }

  get canBeExact(): boolean {
    return this.steps.length >= 1 && this.steps.length <= MAX_EXACT_STEPS;
  }

  /** The Shapley values, once every coalition is in. */
  get exact(): ShapleyResult | undefined {
    const { shapley } = this;
    return shapley && shapley.coalitionsDone === shapley.coalitions ? shapley : undefined;
  }

  set({ prompt, steps, answerPrefix, answer }: ChainText, present?: readonly boolean[]): void {
    this.prompt = prompt;
    this.steps = steps.map((text, i) => this.#step(text, present?.[i] ?? true));
    this.answerPrefix = answerPrefix;
    this.answer = answer;
    this.changed();
  }

  /** Splits what the model wrote after `prompt`. */
  setFromGenerated(prompt: string, written: string): void {
    this.set(splitChain(prompt, written));
  }

  /** Another model: nothing that the one before said is kept, but a recording of this very model. */
  reset(sha256: string): void {
    if (this.recordedFrom !== sha256) this.clearResults();
    this.error = undefined;
  }

  /** The model's own filler, unless the visitor has to say. */
  async chooseFiller(): Promise<void> {
    if (!this.reader.model?.hasTokenizer) return;
    const filler = await findFiller(this.engine);
    if (!filler) return;
    this.fillerText = filler.text;
    this.fillerId = filler.id;
  }

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

  toggle(index: number): void {
    this.steps = this.steps.map((step, i) => (i === index ? { ...step, present: !step.present } : step));
    void this.recompute();
  }

  setAll(present: boolean): void {
    this.steps = this.steps.map((step) => ({ ...step, present }));
    void this.recompute();
  }

  /** Changes a step's words; the white space around it stays. Without words the step is gone. */
  edit(index: number, words: string): void {
    const edit = (step: Step) => ({ ...step, text: keepingSpace(step.text, words) });
    this.steps =
      words.trim() === ""
        ? this.steps.filter((_, i) => i !== index)
        : this.steps.map((step, i) => (i === index ? edit(step) : step));
    this.changed();
  }

  setAnswerPrefix(words: string): void {
    this.answerPrefix = keepingSpace(this.answerPrefix, words);
    this.changed();
  }

  setAnswer(words: string): void {
    this.answer = keepingSpace(this.answer, words);
    this.changed();
  }

  /** Joins a step with the one after it. */
  merge(index: number): void {
    const [first, second] = this.steps.slice(index, index + 2);
    if (!first || !second) return;
    const merged = { ...first, text: first.text + second.text };
    this.steps = [...this.steps.slice(0, index), merged, ...this.steps.slice(index + 2)];
    this.changed();
  }

  /** Cuts a step before the word at `word` (counted from 0). */
  split(index: number, word: number): void {
    const step = this.steps[index];
    const parts = step && cutAtWord(step.text, word);
    if (!parts) return;
    this.steps = this.steps.flatMap((old, i) =>
      i === index ? parts.map((text) => this.#step(text, old.present)) : [old],
    );
    this.changed();
  }

  /** Cuts the chain into sentences or lines again. */
  resplit(): void {
    const joined = this.steps.map(({ text }) => text).join("");
    this.steps = splitSteps(joined).map((text) => this.#step(text, true));
    this.changed();
  }

  /** The chain is another: earlier values do not belong to it. */
  changed(): void {
    this.clearResults();
    void this.recompute();
  }

  clearResults(): void {
    this.cancel();
    this.#request++;
    this.#run++;
    this.running = false;
    this.recordedFrom = undefined;
    this.effect = undefined;
    this.shapley = undefined;
    this.cost = undefined;
    this.computing = false;
  }

  /** Everything again, on another device or in another precision; the text is the same. */
  async renew(): Promise<void> {
    this.clearResults();
    await this.recompute();
  }

  /**
   * Evaluates the toggled chain beside the whole one; once per text also every prefix and every chain without
   * one step.
   */
  async recompute(): Promise<void> {
    const request = ++this.#request;
    const model = this.reader.model;
    if (!model || !model.hasTokenizer || this.answer === "") {
      // A recorded example that was toggled: the engine owes the answer when it is there.
      this.computing = !model && this.effect !== undefined;
      return;
    }
    this.computing = true;
    this.error = undefined;
    try {
      const { mode, fillerId, present } = this;
      const known = this.recordedFrom === undefined ? this.effect : undefined;
      const chain = await this.tokens();
      const effect = await evaluateEffect(this.engine, { chain, mode, fillerId }, present, known);
      if (request !== this.#request) return;
      this.effect = effect;
      this.recordedFrom = undefined;
      if (!this.canBeExact || this.cost) return;
      const cost = await this.engine.shapleyCost({ chain, mode, fillerId });
      if (request === this.#request) this.cost = cost;
    } catch (error) {
      if (request === this.#request) this.#fail(error);
    } finally {
      if (request === this.#request) this.computing = false;
    }
  }

  async runShapley(): Promise<void> {
    if (this.running || !this.canBeExact) return;
    const run = ++this.#run;
    // Toggling meanwhile changes nothing; an edit, another mode or another model ends this run.
    const isCurrent = () => run === this.#run;
    this.running = true;
    this.error = undefined;
    const { mode, fillerId } = this;
    try {
      const chain = await this.tokens();
      if (!isCurrent()) return;
      const result = await this.engine.shapley({ chain, mode, fillerId }, this.#runId, (partial) => {
        if (isCurrent()) this.shapley = partial;
      });
      if (isCurrent()) this.shapley = result;
    } catch (error) {
      if (isCurrent()) this.#fail(error);
    } finally {
      if (isCurrent()) this.running = false;
    }
  }

  cancel(): void {
    if (this.running) void this.engine.cancel(this.#runId);
  }

  get #runId(): string {
    return `shapley-${this.#run}`;
  }

  /** The chain as token ids, with BOS as the visitor has it; the parts are tokenized one by one. */
  async tokens(): Promise<ChainTokens> {
    const chain = await this.engine.tokenizeChain(this.text);
    const prompt = await this.engine.tokenize(this.prompt, this.reader.addBos);
    return { ...chain, prompt: prompt.map(({ id }) => id) };
  }

  /** All of them in one list: what the model reads. */
  async tokenIds(): Promise<number[]> {
    const { prompt, steps, answerPrefix, answer } = await this.tokens();
    return [prompt, ...steps, answerPrefix, answer].flat();
  }

  #fail(error: unknown): void {
    if (!isVitrineError(error, "Cancelled"))
      this.error = error instanceof Error ? error.message : String(error);
  }

  #step(text: string, present: boolean): Step {
    return { id: this.#nextId++, text, present };
  }
}
