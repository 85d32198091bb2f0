/**
 * Cells of a sweep as runs: the prompt with its own edits is computed once up to the position that is read, and a cell's
 * run begins at the first position and the first block that the cell changes. What a cell cannot reach has the base's metric.
 */
import type { SweepRequest } from "../../../protocol/analysis";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Site } from "../../../protocol/sites";
import { isBelow } from "../../models/checks";
import type { Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import {
  CounterfactualPrompts,
  type Logits,
  type ReadoutRequest,
} from "../activations/counterfactualPrompts";
import { batchesByBlock, batchTokens } from "../batch/cellBatches";
import type { SiteValues } from "../interventions/donors";
import { resolveEdits, type ResolvedPrompt } from "../interventions/index";
import { cellChange, changeValues } from "./cellChange";
import { metricRequest, metricValue } from "./cellMetric";
import type { SweepCell } from "./sweepCells";

/** What is asked of every cell. */
export type CellsRequest = Pick<SweepRequest, "prompt" | "position" | "change" | "metric">;

/** What is wrong with a request before anything runs. */
export function checkCellsRequest({ prompt, position, change }: CellsRequest): void {
  const { length } = prompt.tokens;
  if (!isBelow(position, length)) {
    refuse(`The metric is read at position ${position}; the prompt has positions 0 to ${length - 1}.`);
  }
  if (change.kind === "patch" && change.from.tokens.length !== length) {
    refuse(
      `Patching by position needs prompts of equal length: this one has ${length} tokens, the other ${change.from.tokens.length}.`,
    );
  }
}

export class CellRuns {
  readonly #variants: CounterfactualPrompts;
  #donorTokens = 0;

  private constructor(
    private readonly model: Model,
    private readonly request: CellsRequest,
    /** With its edits. */
    readonly prompt: ResolvedPrompt,
    /** What the change puts in, by site; empty for zero. */
    readonly values: ReadonlyMap<Site, SiteValues>,
    private readonly ask: ReadoutRequest,
    /** Most tokens of a batch of cells that begin at a block. */
    private readonly limitOf: (block: number) => number,
    beginsWithin: boolean,
  ) {
    const last = beginsWithin ? model.config.nLayers - 1 : 0;
    const room = Math.max(limitOf(last), request.position + 1);
    this.#variants = new CounterfactualPrompts(model, prompt, request.position, ask, room, beginsWithin);
  }

  /** For the cells that it may be asked for, each begun at the block that it changes, or whole. Released when done. */
  static async of(
    model: Model,
    request: CellsRequest,
    cells: readonly SweepCell[],
    pauser: Pauser,
    beginsWithin = true,
  ): Promise<CellRuns> {
    const { config } = model;
    const { metric, change, position } = request;
    const prompt = await resolveEdits(model, request.prompt, pauser);
    const ask = metricRequest(metric, vocabOut(config));
    const values = await changeValues(model, change, cells, position, pauser);
    const changesPatterns = [...prompt.interventions, ...cells].some(
      (one) => !("site" in one) || /\.(scores|pattern)$/.test(one.site),
    );
    const limitOf = (block: number) => batchTokens(model, position + 1, changesPatterns, undefined, block);
    return new CellRuns(model, request, prompt, values, ask, limitOf, beginsWithin);
  }

  get evaluatedTokens(): number {
    return this.#variants.evaluatedTokens + this.#donorTokens;
  }

  /** The prompt's logits at the position, where the metric is a divergence from them; there once the base is. */
  get logits(): Logits | undefined {
    return this.#variants.logits;
  }

  /** The metric of the prompt as it is; comes before anything else. */
  async base(): Promise<number> {
    return metricValue(this.request.metric, await this.#variants.base());
  }

  /** The metric of the prompt that a patch takes values from; of other changes undefined. */
  async donor(): Promise<number | undefined> {
    const { change, position, metric } = this.request;
    if (change.kind !== "patch") return undefined;
    const other = { tokens: change.from.tokens, interventions: [] };
    const alone = new CounterfactualPrompts(this.model, other, position, this.ask, 0, false);
    try {
      return metricValue(metric, await alone.base(this.#variants.logits));
    } finally {
      this.#donorTokens = alone.evaluatedTokens;
      alone.release();
    }
  }

  /** The metric of each cell, in batches: `take` is given every batch as it is done. */
  async run(
    cells: readonly SweepCell[],
    pauser: Pauser,
    take: (batch: readonly SweepCell[], values: readonly number[]) => void,
  ): Promise<void> {
    const { change, metric } = this.request;
    const batches = batchesByBlock(
      cells,
      ({ site }) => this.#variants.blockOf([{ kind: "affine", site, keep: 0 }]),
      (cell) => this.#variants.tokensOf(cell),
      this.limitOf,
    );
    for (const batch of batches) {
      await pauser.pause();
      const readings = await this.#variants.run(
        batch.map((cell) => ({
          from: cell.from,
          interventions: [cellChange(cell, this.values.get(cell.site), change.kind !== "mean")],
        })),
      );
      take(
        batch,
        readings.map((reading) => metricValue(metric, reading)),
      );
    }
  }

  release(): void {
    this.#variants.release();
  }
}
