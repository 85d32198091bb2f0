/**
 * The game of the chain on screen: which steps play, what it will cost, how far it is, what each player is worth.
 * It belongs to one text in one ablation mode; a newer one makes it irrelevant.
 */
import type { EngineApi } from "../../../protocol/api";
import {
  MAX_EXACT_STEPS,
  type Ablation,
  type ChainGameResult,
  type ChainTokens,
  type ShapleyCost,
} from "../../../protocol/chain";
import type { Edit } from "../../../protocol/interventions";
import { isVitrineError, messageOf } from "../../../protocol/errors";
import { askedGame, type AskedGame, type ChainSettings } from "../../../client/chain/chainSettings";
import { readAnswers } from "../../../client/chain/possibleAnswers";
import { keepingSpace } from "../../../client/chain/stepText";

/** The chain that is played on. */
export interface GameChain {
  readonly steps: readonly { readonly text: string }[];
  readonly answer: string;
  readonly settings: ChainSettings;
  /** The edits that are on: the game is played with them, and once more without. */
  readonly edits?: readonly Edit[];
  /** With another answer in the answer's place, if one is given. */
  tokens(answer?: string): Promise<ChainTokens>;
  /** Under the edits that are on, or under those given. */
  ablation(chain: ChainTokens, edits?: readonly Edit[]): Promise<Ablation>;
}

let count = 0;

export class ChainGame {
  result = $state.raw<ChainGameResult | undefined>();
  /** The same game without the edits, if some are on. */
  unedited = $state.raw<ChainGameResult | undefined>();
  /** Steps that played for `result`. */
  played = $state.raw<readonly number[]>([]);
  running = $state(false);
  cost = $state.raw<ShapleyCost | undefined>();
  error = $state.raw<string | undefined>();
  #finished = $state(false);
  #runId: string | undefined;

  constructor(
    private readonly engine: EngineApi,
    private readonly chain: GameChain,
  ) {}

  /** Steps that would play now. */
  get players(): number[] {
    const { steps, settings } = this.chain;
    const all = steps.map((_, i) => i);
    return settings.players === "numbers" ? all.filter((i) => /\d/.test(steps[i]?.text ?? "")) : all;
  }

  /** What would be asked now. */
  get asked(): AskedGame {
    return askedGame(this.chain.settings, this.players.length);
  }

  get canRun(): boolean {
    return this.players.length > 0 && this.chain.answer !== "";
  }

  get canBeExact(): boolean {
    return this.players.length > 0 && this.players.length <= MAX_EXACT_STEPS;
  }

  /** The result, once nothing is left to come. */
  get done(): ChainGameResult | undefined {
    return this.#finished ? this.result : undefined;
  }

  /** A number of each step by what the players have; NaN for a step that did not play. */
  perStep(values: readonly number[] | undefined): number[] {
    const { played } = this;
    return this.chain.steps.map((_, step) => values?.[played.indexOf(step)] ?? NaN);
  }

  /** A result from elsewhere, in which every step played. */
  show(result: ChainGameResult): void {
    this.played = result.phi.values.map((_, i) => i);
    this.result = result;
    this.#finished = true;
  }

  /** With `matrix` also what every player does to every later token. */
  async run(matrix = false): Promise<void> {
    if (this.running || !this.canRun) return;
    const runId = `chain-game-${++count}`;
    this.#runId = runId;
    // Toggling meanwhile changes nothing; an edit, another mode or another model ends this run.
    const isCurrent = () => runId === this.#runId;
    const { players, asked } = this;
    this.running = true;
    this.error = undefined;
    this.#finished = false;
    this.unedited = undefined;
    const show = (result: ChainGameResult) => {
      if (!isCurrent()) return;
      this.played = players;
      this.result = result;
    };
    try {
      const chain = await this.chain.tokens();
      const ablation = await this.chain.ablation(chain);
      const answers = asked.value === "expected" ? await this.answers() : undefined;
      if (!isCurrent()) return;
      const request = { chain, ...ablation, players, ...asked, matrix, ...(answers && { answers }) };
      const edits = this.chain.edits ?? [];
      show(await this.engine.chainGame({ ...request, edits }, runId, show));
      if (edits.length > 0 && isCurrent()) {
        const uneditedAblation = await this.chain.ablation(chain, []);
        if (!isCurrent()) return;
        const unedited = await this.engine.chainGame({ ...request, ...uneditedAblation }, runId);
        if (isCurrent()) this.unedited = unedited;
      }
      if (isCurrent()) this.#finished = true;
    } catch (error) {
      if (isCurrent() && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    } finally {
      if (isCurrent()) this.running = false;
    }
  }

  /** The answers of the expected value, as tokens. */
  async answers(): Promise<{ tokens: number[]; number: number }[]> {
    const { answer, settings } = this.chain;
    return Promise.all(
      readAnswers(settings.answers).map(async ({ text, number }) => {
        const { answer: tokens } = await this.chain.tokens(keepingSpace(answer, text));
        return { tokens: [...tokens], number };
      }),
    );
  }

  /** What an exact game of these players costs. */
  async estimateCost(chain: ChainTokens, ablation: Ablation): Promise<ShapleyCost | undefined> {
    if (!this.canBeExact) return undefined;
    return this.engine.shapleyCost({ chain, ...ablation, players: this.players });
  }

  /** Stops; what is known so far stays. */
  cancel(): void {
    if (this.running && this.#runId !== undefined) void this.engine.cancel(this.#runId);
  }

  clear(): void {
    this.cancel();
    this.#runId = undefined;
    this.running = false;
    this.#finished = false;
    this.result = undefined;
    this.unedited = undefined;
    this.cost = undefined;
    this.error = undefined;
  }
}
