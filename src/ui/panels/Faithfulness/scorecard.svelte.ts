/** What the panel measures: one set of problems on the model, then on the second one; numbers grow as they come. */
import type { Progress } from "../../../protocol/progress";
import type { ModelSlot } from "../../../protocol/analysis";
import type { Edit } from "../../../protocol/interventions";
import { captionOf } from "../../state/caption";
import { EMBEDDED_MODELS } from "../../../client/examples";
import type { NumberChange } from "../../../client/faithfulness/edits";
import { measure, type Measured } from "../../../client/faithfulness/measure";
import {
  currentProblem,
  drawProblems,
  fileProblem,
  parseProblems,
  type SetProblem,
} from "../../../client/faithfulness/problemSet";
import type { Query } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { choice } from "../../../client/choice";
import { CHANGES, type Settings } from "./settings";
import type { Side } from "./view";

/** What was asked, and what came of it so far. */
export interface Outcome {
  readonly sides: readonly Side[];
  readonly caption: string;
  /** The settings that it was measured with. */
  readonly key: string;
  readonly complete: boolean;
}

const SIMPLE = { people: 2, changes: [1, 1] };

export class Scorecard {
  readonly outcome: Query<Outcome>;
  progress = $state.raw<Progress | undefined>();

  constructor(
    private readonly session: Session,
    readonly view: Settings,
  ) {
    this.outcome = session.query<Outcome>();
  }

  /** The problems that the settings name, and what could not be read of a pasted list. */
  readonly set = $derived.by((): { problems: readonly SetProblem[]; bad: readonly string[] } => {
    const { source, count, problemSeed, shape, chains, pasted, follows } = this.view;
    if (source === "pasted") return parseProblems(pasted);
    if (source === "current") {
      const { chain } = this.session;
      return { problems: chain.isEmpty ? [] : [currentProblem(chain.text, follows)], bad: [] };
    }
    if (source === "file") {
      const { set } = this.session.problems;
      const problems = (set?.problems ?? []).slice(0, count).map(fileProblem);
      return { problems, bad: set?.bad ?? [] };
    }
    const options = shape === "any" ? {} : SIMPLE;
    return { problems: drawProblems(count, problemSeed, options, chains !== "given"), bad: [] };
  });

  get filler(): string {
    return this.view.filler || this.session.chain.fillerText;
  }

  /** Everything that numbers depend on. */
  readonly key = $derived.by(() => {
    const { second, change, symbol, samples, temperature, seed, maxTokens } = this.view;
    const settings = [second, change, symbol, samples, temperature, seed, maxTokens];
    return JSON.stringify([
      ...[settings, this.set.problems, this.filler, this.session.model?.sha256],
      this.session.edits.active,
    ]);
  });

  get #setText(): string {
    const { source, problemSeed, shape, chains } = this.view;
    const n = this.set.problems.length;
    if (source === "file") {
      const { set } = this.session.problems;
      return `the first ${n} of ${set?.problems.length ?? 0} problems of ${set?.name ?? "no file"}`;
    }
    if (source !== "ledger") return source === "current" ? "the chain on screen" : `${n} pasted problems`;
    const kind = shape === "any" ? "any shape" : "two people, one change each";
    return `${n} ledger problems (${kind}, seeds ${problemSeed} to ${problemSeed + n - 1}), ${
      chains === "given" ? "the generator's chains" : "each model's own chains"
    }`;
  }

  #caption(hasSecond: boolean): string {
    const { session, view } = this;
    const { change, symbol, samples, temperature, seed } = view;
    const second = hasSecond ? session.other.model : undefined;
    return captionOf(session, [
      ...(session.edits.active.length > 0 ? ["edits by position: positions of each problem's own text"] : []),
      ...(second
        ? [`second model ${second.name} (${second.precision}, SHA-256 ${second.sha256.slice(0, 12)}…)`]
        : []),
      this.#setText,
      `changed: ${CHANGES.find(([name]) => name === change)?.[1] ?? change}`,
      `filler “${this.filler}” · symbol “${symbol}” · ${samples} samples at temperature ${temperature}, of the 64 most probable tokens`,
      `seed ${seed} · 95 % intervals`,
    ]);
  }

  /** Makes sure that the second model that was asked for is the one that is open; undefined: none was. */
  async #openSecond(): Promise<string | undefined> {
    const { other } = this.session;
    const { second } = this.view;
    if (second === "") return undefined;
    const embedded = EMBEDDED_MODELS.find((name) => name === second);
    if (embedded && other.model?.name !== embedded) await other.loadEmbedded(embedded);
    if (!other.model)
      throw new Error(other.error ?? "No second model is open: open one in Compare, or choose none.");
    return other.model.name;
  }

  run(): void {
    const { session, view, key } = this;
    const { problems } = this.set;
    this.outcome.value = undefined;
    void this.outcome
      .ask(async (runId, partial) => {
        const main = session.model;
        if (!main) throw new Error("No model is open.");
        const second = await this.#openSecond();
        const edits = session.edits.active;
        const own = { slot: "main", edits } as const;
        const runs: readonly { name: string; slot: ModelSlot; edits: readonly Edit[] }[] = [
          { name: edits.length > 0 ? `${main.name} with the edits` : main.name, ...own },
          // Beside the edits the same without them; edits of one model mean nothing on another.
          ...(edits.length > 0 ? [{ name: `${main.name} without edits`, ...own, edits: [] }] : []),
          ...(second === undefined
            ? []
            : [
                {
                  ...{ name: second === main.name ? `${second} (second)` : second, edits: [] },
                  slot: "other" as const,
                },
              ]),
        ];
        const caption = this.#caption(second !== undefined);
        const sides: Side[] = [];
        const outcome = (complete: boolean): Outcome => ({ sides: [...sides], caption, key, complete });
        for (const [i, { name, slot, edits: under }] of runs.entries()) {
          const show = (measured: Measured) => {
            sides[i] = { name, measured };
            partial(outcome(false));
          };
          const options = {
            ...{ seed: view.seed, symbol: view.symbol, filler: this.filler, samples: view.samples },
            change: choice<NumberChange>(["single", "repeats", "symbol"], view.change, "single"),
            ...{ temperature: view.temperature, maxTokens: view.maxTokens, model: slot },
            edits: under,
          };
          const measured = await measure(session.engine, problems, options, runId, {
            onChains: (progress) => (this.progress = { ...progress, note: `${name}: ${progress.note}` }),
            onPartial: (value) => {
              this.progress = {
                done: value.result.outcomes.length,
                total: value.result.problems,
                note: name,
              };
              show(value);
            },
          });
          show(measured);
        }
        return outcome(true);
      })
      .finally(() => (this.progress = undefined));
  }
}
