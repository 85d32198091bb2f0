/**
 * What the panel asks the engine, step by step: another prompt to patch from, a set for means, the tokens that the
 * metric compares, the cost, and the sweep itself when the visitor starts it.
 */
import type { Prediction, SweepCost, SweepRequest, SweepResult } from "../../../protocol/analysis";
import type { TokenInfo } from "../../../protocol/api";
import { insideTokens } from "../../../client/tokens/insideTokens";
import type { EditedPrompt, NamedTokens, PromptSet } from "../../../protocol/interventions";
import type { Query, Question } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { namedToken } from "../../../client/tokens/tokenTargets";
import { donorCandidates, NUMBERS_TEXT, suggestedTokens, textOf, type Donor } from "./donor";
import { isFirstOrder } from "./firstOrder";
import type { Outcome } from "./outcome";

/** What the two runs expect most at the position, and the tokens that the metric names. */
export interface Tops {
  readonly base: readonly TokenInfo[];
  readonly other: readonly TokenInfo[];
  readonly target: TokenInfo | undefined;
  readonly minus: TokenInfo | undefined;
}

const TOP = 2;

export class SweepState {
  readonly donor: Query<Donor | undefined>;
  readonly set: Query<PromptSet>;
  readonly tops: Query<Tops>;
  readonly cost: Query<SweepCost>;
  readonly outcome: Query<Outcome>;

  constructor(private readonly session: Session) {
    this.donor = session.query();
    this.set = session.query();
    this.tops = session.query();
    this.cost = session.query();
    this.outcome = session.query();
  }

  get #engine() {
    return this.session.engine;
  }

  /** What is typed, or this prompt with one number changed: the nearest change that changes the expected token. */
  findDonor(typed: string, tokens: readonly TokenInfo[], position: number): Question<Donor | undefined> {
    return async () => {
      if (typed !== "") return { tokens: await this.session.promptTokens(typed) };
      const vocabulary = this.session.model?.hasTokenizer
        ? await this.#engine.tokenizeInside(NUMBERS_TEXT)
        : [];
      const candidates = donorCandidates(tokens, position, vocabulary);
      if (candidates.length < 2) return candidates[0];
      // All of them begin alike: that part is computed once.
      const first = Math.min(...candidates.map(({ changed }) => changed?.position ?? 0));
      const ids = (list: readonly TokenInfo[]) => list.map(({ id }) => id);
      const ends = [tokens, ...candidates.map((candidate) => candidate.tokens)].map((list) =>
        ids(list.slice(first, position + 1)),
      );
      const start = first > 0 ? [{ tokens: ids(tokens.slice(0, first)) }] : [];
      const { top } = await this.#engine.run({
        rows: [...start, ...ends.map((end) => ({ tokens: end, ...(first > 0 ? { parent: 0 } : {}) }))],
        top: ends.map((_, i) => ({ row: start.length + i, position, k: 1 })),
      });
      const [own, ...others] = top.map((one) => one.ids[0]);
      const index = others.findIndex((id) => id !== own);
      return candidates[Math.max(0, index)];
    };
  }

  /** One prompt a line; without any: the examples of the model, or this prompt. */
  readSet(typed: string, current: readonly TokenInfo[]): Question<PromptSet> {
    return async () => {
      const { session } = this;
      const lines = typed.split("\n").filter((line) => line.trim() !== "");
      const examples = session.examples.map(({ prompt, steps, answerPrefix, answer }) =>
        [prompt, ...steps, answerPrefix, answer].join(""),
      );
      const texts = lines.length > 0 ? lines : examples;
      if (texts.length === 0) {
        const own = { text: textOf(current), tokens: current.map(({ id }) => id) };
        return { name: "this prompt", prompts: [own] };
      }
      const prompts = await Promise.all(
        texts.map(async (text) => ({ text, tokens: (await session.promptTokens(text)).map(({ id }) => id) })),
      );
      const which = lines.length > 0 ? "prompts" : `examples of ${session.model?.name ?? ""}`;
      return { name: `${texts.length} ${which}`, prompts };
    };
  }

  /** `typed` tokens count; else what the runs expect most: the other's against this one's, or this one's first two. */
  findTops(
    prompt: EditedPrompt,
    position: number,
    other: NamedTokens | undefined,
    typed: { readonly target: string; readonly minus: string },
  ): Question<Tops> {
    return async (runId) => {
      const donor = other && other.tokens.length > position ? other : undefined;
      const pairs = [[position, position]] as const;
      const found = await this.#engine.compare(
        { base: prompt, other: donor ? { tokens: donor.tokens } : prompt, pairs, k: TOP },
        runId,
      );
      const described = async ([prediction]: readonly Prediction[]) =>
        insideTokens(this.#engine, [...(prediction?.top.ids ?? [])]);
      const [base, others] = [await described(found.base), await described(found.other)];
      const suggested = suggestedTokens(base, donor ? others : undefined);
      return {
        base,
        other: others,
        target: (await this.#named(typed.target)) ?? suggested.target,
        minus: (await this.#named(typed.minus)) ?? suggested.minus,
      };
    };
  }

  /** The token that a text names. */
  async #named(text: string): Promise<TokenInfo | undefined> {
    if (text === "") return undefined;
    return (await namedToken(this.session, text))?.token;
  }

  findCost(requests: readonly SweepRequest[]): Question<SweepCost> {
    return async () => {
      const costs = await Promise.all(requests.map((request) => this.#engine.sweepCost(request)));
      const seconds = costs.reduce((sum, cost) => sum + (cost.seconds ?? NaN), 0);
      return {
        cells: costs.reduce((sum, { cells }) => sum + cells, 0),
        tokens: costs.reduce((sum, { tokens }) => sum + tokens, 0),
        ...(Number.isNaN(seconds) ? {} : { seconds }),
      };
    };
  }

  /** Runs the requests one after the other; what is there so far is shown as it comes. */
  run(requests: readonly SweepRequest[], words: Pick<Outcome, "metric" | "tokens" | "otherTokens">): void {
    this.outcome.value = undefined;
    void this.outcome.ask(async (runId, partial) => {
      const results: SweepResult[] = [];
      const outcome = (complete: boolean): Outcome => ({
        requests,
        results: [...results],
        ...words,
        complete,
      });
      for (const [i, request] of requests.entries()) {
        const show = (value: SweepResult) => {
          results[i] = value;
          partial(outcome(false));
        };
        results[i] = isFirstOrder(request)
          ? await this.#engine.attributionPatching(request, runId, show)
          : await this.#engine.sweep(request, runId, show);
        partial(outcome(false));
      }
      return outcome(true);
    });
  }
}
