/** One rollout while it is written: its text, where steps end, the mean residual of each, and its answer. */
import type { Rollout } from "../../../protocol/anchors";
import { endOfCue, normalisedAnswer } from "./readAnswer";

export interface Job {
  readonly start: number;
  readonly index: number;
  readonly forced: boolean;
}

export interface Reading {
  readonly cue: string;
  readonly reference: string;
  readonly answerTokens: number;
  readonly maxTokens: number;
  /** Tokens that end a step: the last ones of the chain's steps. */
  readonly ends: ReadonlySet<number>;
  readonly eosId?: number | undefined;
  text(ids: readonly number[], before?: number): string;
}

/** An answer is read until it has this many tokens more than the reference. */
const MORE_ANSWER = 2;

export class Written {
  readonly tokens: number[] = [];
  readonly slots: number[] = [];
  ended = false;
  #text = "";
  #cueEnd: number;
  #afterCue = 0;
  readonly #steps: { readonly tokens: number[]; readonly sum: Float64Array; read: number }[] = [];
  #before: number;

  constructor(
    readonly job: Job,
    private readonly reading: Reading,
    /** The token ahead of it. */
    before: number,
    private readonly width: number,
  ) {
    this.#before = before;
    this.#cueEnd = job.forced ? 0 : -1;
  }

  write(token: number): void {
    const { reading } = this;
    if (token === reading.eosId) {
      this.ended = true;
      return;
    }
    const hadCue = this.#cueEnd >= 0;
    this.tokens.push(token);
    this.#text += reading.text([token], this.#before);
    this.#before = token;
    if (hadCue) {
      this.#afterCue++;
      const answer = this.#text.slice(this.#cueEnd);
      const isOver = /\S.*\n/s.test(answer) || reading.ends.has(token);
      this.ended = isOver || this.#afterCue >= reading.answerTokens + MORE_ANSWER;
      return;
    }
    const step = this.#steps.at(-1);
    if (!step || reading.ends.has(step.tokens.at(-1) ?? -1)) {
      this.#steps.push({ tokens: [token], sum: new Float64Array(this.width), read: 0 });
    } else step.tokens.push(token);
    this.#cueEnd = endOfCue(this.#text, reading.cue);
    this.ended = this.tokens.length >= reading.maxTokens;
  }

  /** The residual of the token that was written last, now that it was read. */
  read(residual: Float32Array): void {
    const step = this.#steps.at(-1);
    if (!step || step.read >= step.tokens.length) return;
    step.read++;
    for (let d = 0; d < this.width; d++) step.sum[d] = (step.sum[d] ?? 0) + (residual[d] ?? 0);
  }

  rollout(old: readonly Float64Array[]): Rollout {
    const { job, reading } = this;
    const hasCue = this.#cueEnd >= 0;
    const answer = hasCue ? this.#text.slice(this.#cueEnd) : undefined;
    // The cue itself is no step.
    const steps =
      hasCue && !reading.ends.has(this.#steps.at(-1)?.tokens.at(-1) ?? -1)
        ? this.#steps.slice(0, -1)
        : this.#steps;
    const wanted = normalisedAnswer(reading.reference, reading.reference);
    return {
      ...job,
      text: this.#text,
      ...(answer === undefined ? {} : { answer: answer.trim() }),
      right: answer !== undefined && normalisedAnswer(answer, reading.reference) === wanted,
      steps: steps.map(({ tokens }) => tokens),
      cosine: Float32Array.from(steps.flatMap(({ sum }) => old.map((mean) => cosine(sum, mean)))),
    };
  }
}

export function cosine(a: Float64Array, b: Float64Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    const y = b[i] ?? 0;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}
