/**
 * The prompt with and without the edits that are on, side by side: what is expected after every position, and how
 * far the two are apart. The Next token panel shows it, links carry its numbers.
 */
import type { CompareResult, Prediction } from "../../protocol/analysis";
import type { EngineApi } from "../../protocol/api";
import type { EditedPrompt } from "../../protocol/interventions";
import { Query } from "./query.svelte";

/** Tokens listed at every position. */
export const LISTED_TOKENS = 10;

/** An answer with its question. */
export interface Compared {
  readonly prompt: EditedPrompt;
  /** Tokens that are followed at every position, in the order of `result`'s targets. */
  readonly targets: readonly number[];
  readonly result: CompareResult;
}

/** The numbers after one position, as links carry them. */
export interface NextNumbers {
  position: number;
  base: { ids: number[]; logProbs: number[] };
  edited?: { ids: number[]; logProbs: number[] };
}

interface Asker {
  readonly prompt: EditedPrompt | undefined;
  readonly position: number;
}

export class EditedRun {
  /** All positions. */
  readonly all: Query<Compared>;
  /** Every token that is listed after one position, in both runs: those of one list may be missing in the other. */
  readonly here: Query<Compared & { readonly position: number }>;
  /** Tokens to follow at every position. */
  targets = $state.raw<readonly number[]>([]);
  /** What is being asked about every position. */
  #asked: { readonly prompt: EditedPrompt; readonly targets: readonly number[] } | undefined;
  #answering: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly engine: EngineApi,
    /** What is asked about; the session. */
    private readonly asker: Asker,
  ) {
    this.all = new Query(engine);
    this.here = new Query(engine);
  }

  /** The answer to the question as it stands; the one before is still in `all`. */
  get current(): Compared | undefined {
    const { value } = this.all;
    const isCurrent = value?.prompt === this.asker.prompt && value?.targets === this.targets;
    return isCurrent ? value : undefined;
  }

  /** Asks about every position. */
  async refresh(): Promise<void> {
    const { prompt } = this.asker;
    const { targets } = this;
    if (!prompt) return this.all.clear();
    this.#asked = { prompt, targets };
    this.#answering = this.all.ask(async (runId) => {
      const { tokens } = prompt;
      const request = { base: { tokens }, other: prompt, k: LISTED_TOKENS, targets };
      return { prompt, targets, result: await this.engine.compare(request, runId) };
    });
    await this.#answering;
  }

  /** Asks for both probabilities of every token that is listed after the position that views are about. */
  async refreshHere(): Promise<void> {
    const { current } = this;
    const { position } = this.asker;
    const prompt = current?.prompt;
    const [base, edited] = [current?.result.base[position], current?.result.other[position]];
    if (!prompt || !base || !edited) return this.here.clear();
    const targets = [...new Set([...edited.top.ids, ...base.top.ids])];
    await this.here.ask(async (runId) => {
      const { tokens } = prompt;
      const pairs = [[position, position]] as const;
      const request = { base: { tokens }, other: prompt, pairs, k: LISTED_TOKENS, targets };
      return { prompt, targets, position, result: await this.engine.compare(request, runId) };
    });
  }

  /** Asks if nobody has, and waits; for links, which carry these numbers whichever panel is shown. */
  async ensure(): Promise<void> {
    if (this.current) return;
    const isUnderWay =
      this.all.busy && this.#asked?.prompt === this.asker.prompt && this.#asked?.targets === this.targets;
    await (isUnderWay ? this.#answering : this.refresh());
  }

  /** Of `k` tokens of each list; nothing before there is an answer. */
  numbers(k: number): NextNumbers | undefined {
    const { current } = this;
    const { position } = this.asker;
    const [base, edited] = [current?.result.base[position], current?.result.other[position]];
    if (!current || !base || !edited) return undefined;
    const hasEdits = (current.prompt.edits?.length ?? 0) > 0;
    return { position, base: first(base, k), ...(hasEdits ? { edited: first(edited, k) } : {}) };
  }
}

/** The first tokens that have a number: a list may be padded, and log 0 has no place in a link. */
function first({ top }: Prediction, k: number): { ids: number[]; logProbs: number[] } {
  const logProbs = Array.from(top.logProbs).slice(0, k).filter(Number.isFinite);
  return { ids: Array.from(top.ids).slice(0, logProbs.length), logProbs };
}
