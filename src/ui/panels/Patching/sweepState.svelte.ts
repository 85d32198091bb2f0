/**
 * What the panel asks the engine, step by step: another prompt to patch from, a set for means, the tokens that the
 * metric compares, the cost, and the sweep itself when the visitor starts it.
 */
import type { SweepCost, SweepRequest, SweepResult } from "../../../protocol/analysis";
import type { TokenInfo } from "../../../protocol/api";
import type { EditedPrompt, NamedTokens, PromptSet } from "../../../protocol/interventions";
import type { Query, Question } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { textOf, type Donor } from "../../../client/tokens/donor";
import { donorPrompt, metricTops, type Tops } from "../../../client/tokens/donorPrompt";
import { isFirstOrder } from "./firstOrder";
import type { Outcome } from "./outcome";

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

  findDonor(typed: string, tokens: readonly TokenInfo[], position: number): Question<Donor | undefined> {
    return () => donorPrompt(this.session, typed, tokens, position);
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

  findTops(
    prompt: EditedPrompt,
    position: number,
    other: NamedTokens | undefined,
    typed: { readonly target: string; readonly minus: string },
  ): Question<Tops> {
    return (runId) => metricTops(this.session, { prompt, position, other, typed }, runId);
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
