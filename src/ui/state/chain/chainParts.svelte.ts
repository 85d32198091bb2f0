/**
 * The text of a chain of thought in its parts, and which steps are present. It says when a part has changed, and when only what is
 * present has; `ChainState` computes what follows.
 */
import type { ChainText } from "../../../protocol/chain";
import { splitChain } from "../../../client/chain/splitSteps";
import { cutAtWord, keepingSpace, type Step } from "../../../client/chain/stepText";
import type { ModelInfo } from "../../../protocol/api";

export abstract class ChainParts {
  prompt = $state("");
  steps = $state.raw<readonly Step[]>([]);
  answerPrefix = $state("");
  answer = $state("");

  #writer = $state.raw<ModelInfo | undefined>();
  #nextId = 1;

  /** The model that reads the chain. */
  protected abstract get model(): ModelInfo | undefined;
  /** The text has changed: earlier values do not belong to it. */
  abstract changed(): void;
  /** Other steps are present. */
  abstract recompute(): Promise<void>;

  get isEmpty(): boolean {
    return this.steps.length === 0 && this.answer === "";
  }

  get text(): ChainText {
    const { prompt, answerPrefix, answer } = this;
    return { prompt, steps: this.steps.map(({ text }) => text), answerPrefix, answer };
  }

  get wholeText(): string {
    return Object.values(this.text).flat().join("");
  }

  get present(): boolean[] {
    return this.steps.map(({ present }) => present);
  }

  set({ prompt, steps, answerPrefix, answer }: ChainText, present?: readonly boolean[]): void {
    this.prompt = prompt;
    this.steps = steps.map((text, i) => this.#step(text, present?.[i] ?? true));
    this.answerPrefix = answerPrefix;
    this.answer = answer;
    this.#writer = undefined;
    this.changed();
  }

  /** Splits what the model wrote after `prompt`. */
  setFromGenerated(prompt: string, written: string): void {
    this.set(splitChain(prompt, written));
    this.#writer = this.model;
  }

  /** The model that wrote the steps, where it is not the one that reads them now. */
  get otherWriter(): string | undefined {
    return !this.model || this.model.sha256 === this.#writer?.sha256 ? undefined : this.#writer?.name;
  }

  toggle(index: number): void {
    this.setPresent(this.present.map((present, i) => present !== (i === index)));
  }

  setAll(present: boolean): void {
    this.setPresent(this.steps.map(() => present));
  }

  setPresent(present: readonly boolean[]): void {
    this.steps = this.steps.map((step, i) => ({ ...step, present: present[i] ?? true }));
    void this.recompute();
  }

  /** Changes a step's words; the white space around it stays. Without words the step is gone. */
  edit(index: number, words: string): void {
    const step = this.steps[index];
    if (!step) return;
    const edited = { ...step, text: keepingSpace(step.text, words) };
    this.#replace(index, words.trim() === "" ? [] : [edited]);
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
    if (first && second) this.#replace(index, [{ ...first, text: first.text + second.text }], 2);
  }

  /** Cuts a step before the word at `word` (counted from 0). */
  split(index: number, word: number): void {
    const step = this.steps[index];
    if (!step) return;
    const parts = cutAtWord(step.text, word)?.map((text) => this.#step(text, step.present));
    if (parts) this.#replace(index, parts);
  }

  /** The same text in other steps, all present. */
  protected cutInto(texts: readonly string[]): void {
    this.steps = texts.map((text) => this.#step(text, true));
    this.changed();
  }

  #replace(index: number, steps: readonly Step[], count = 1): void {
    this.steps = [...this.steps.slice(0, index), ...steps, ...this.steps.slice(index + count)];
    this.changed();
  }

  #step(text: string, present: boolean): Step {
    return { id: this.#nextId++, text, present };
  }
}
