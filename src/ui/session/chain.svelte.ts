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
  type CoalitionResult,
  type ShapleyCost,
  type ShapleyResult,
} from "../../protocol/chain";
import { isVitrineError } from "../../protocol/errors";
import { splitChain, splitSteps } from "./splitSteps";

export interface Step {
  /** Stays with the step while others are split, merged or removed. */
  readonly id: number;
  readonly text: string;
  readonly present: boolean;
}

/** What toggling shows: the answer with the steps as toggled, and with all of them. */
export interface Effect {
  readonly now: CoalitionResult;
  readonly baseline: CoalitionResult;
  readonly topTokens: ReadonlyMap<number, string>;
  /** v after the first k steps, k = 0 … n. */
  readonly early: readonly number[];
  /** v(all) - v(all but i): leave-one-out of each step. */
  readonly loo: readonly number[];
}

const SHAPLEY = "shapley";
const TOP_ANSWERS = 5;

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
  /** While `b` is held the panel shows the baseline as if it were now. */
  baselineHeld = $state(false);

  #nextId = 1;
  #request = 0;

  constructor(
    private readonly engine: EngineApi,
    private readonly model: () => ModelInfo | undefined,
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

  set({ prompt, steps, answerPrefix, answer }: ChainText, present?: readonly boolean[]): void {
    this.prompt = prompt;
    this.steps = steps.map((text, i) => this.#step(text, present?.[i] ?? true));
    this.answerPrefix = answerPrefix;
    this.answer = answer;
    this.changed();
  }

  setFromGenerated(prompt: string, written: string): void {
    this.set(splitChain(prompt, written));
  }

  reset(): void {
    this.clearResults();
    this.error = undefined;
  }

  /** The model's own blank if it has one. */
  async chooseFiller(): Promise<void> {
    if (!this.model()?.hasTokenizer) return;
    for (const text of ["_", " _", "."]) {
      const [token, ...more] = await this.engine.tokenize(text, false);
      if (token && more.length === 0 && !token.special) {
        this.fillerText = text;
        this.fillerId = token.id;
        return;
      }
    }
  }

  async setFiller(text: string): Promise<void> {
    const [token, ...more] = await this.engine.tokenize(text, false);
    if (!token || more.length > 0) {
      this.error = `The filler must be exactly one token; “${text}” is ${more.length + (token ? 1 : 0)}.`;
      return;
    }
    this.fillerText = text;
    this.fillerId = token.id;
    this.changed();
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

  edit(index: number, text: string): void {
    this.steps = this.steps.map((step, i) => (i === index ? { ...step, text } : step));
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

  /** Cuts a step before the word at `word` (counted from 1). */
  split(index: number, word: number): void {
    const step = this.steps[index];
    const words = step?.text.match(/\s*\S+/g) ?? [];
    if (!step || word < 1 || word >= words.length) return;
    const parts = [words.slice(0, word), words.slice(word)].map((part) => part.join(""));
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
    this.effect = undefined;
    this.shapley = undefined;
    this.cost = undefined;
    this.computing = false;
  }

  /** Evaluates the toggled chain, the whole chain, every prefix and every chain without one step. */
  async recompute(): Promise<void> {
    const request = ++this.#request;
    if (!this.model()?.hasTokenizer || this.answer === "") return;
    this.computing = true;
    this.error = undefined;
    try {
      const chain = await this.tokens();
      const n = chain.steps.length;
      const all = Array.from({ length: n }, () => true);
      const prefixes = Array.from({ length: n + 1 }, (_, k) => all.map((_, i) => i < k));
      const without = all.map((_, i) => all.map((_, j) => j !== i));
      const coalitions = [this.present, all, ...prefixes, ...without];
      const { mode, fillerId } = this;
      const results = await this.engine.coalitions({ chain, mode, fillerId, coalitions, topK: TOP_ANSWERS });
      const [now, baseline] = results;
      if (request !== this.#request || !now || !baseline) return;
      const ids = [...new Set([...now.top.ids, ...baseline.top.ids])].filter((id) => id !== 0xffffffff);
      const described = await this.engine.describeTokens(ids);
      const cost = await this.engine.shapleyCost({ chain, mode, fillerId });
      if (request !== this.#request) return;
      this.effect = {
        now,
        baseline,
        topTokens: new Map(described.map(({ id, text }) => [id, text.trim()])),
        early: results.slice(2, n + 3).map(({ logProb }) => logProb),
        loo: results.slice(n + 3).map(({ logProb }) => baseline.logProb - logProb),
      };
      this.cost = cost;
    } catch (error) {
      if (request === this.#request) this.#fail(error);
    } finally {
      if (request === this.#request) this.computing = false;
    }
  }

  async runShapley(): Promise<void> {
    if (this.running || !this.canBeExact) return;
    this.running = true;
    this.error = undefined;
    const { mode, fillerId, steps } = this;
    // The values belong to this text; toggling meanwhile does not change them, editing cancels.
    const isCurrent = () => this.running && steps.length === this.steps.length;
    try {
      const chain = await this.tokens();
      this.shapley = await this.engine.shapley({ chain, mode, fillerId }, SHAPLEY, (partial) => {
        if (isCurrent()) this.shapley = partial;
      });
    } catch (error) {
      this.#fail(error);
    } finally {
      this.running = false;
    }
  }

  cancel(): void {
    if (this.running) void this.engine.cancel(SHAPLEY);
  }

  tokens(): Promise<ChainTokens> {
    return this.engine.tokenizeChain(this.text);
  }

  #fail(error: unknown): void {
    if (!isVitrineError(error, "Cancelled"))
      this.error = error instanceof Error ? error.message : String(error);
  }

  #step(text: string, present: boolean): Step {
    return { id: this.#nextId++, text, present };
  }
}
