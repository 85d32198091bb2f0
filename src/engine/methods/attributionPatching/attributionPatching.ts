/**
 * Attribution patching: every cell of a sweep at one time, to first order (Nanda 2023, "Attribution Patching"; Syed et al.
 * 2023, arXiv 2310.10348; Kramár et al. 2024, "AtP*", arXiv 2403.00745).
 *
 *   1. grid, change and metric m are those of a sweep; so are the base and the donor's metric
 *   2. one forward pass has x, the activations of every named site in the prompt with its edits; v, what the change puts
 *      there, is the sweep's own
 *   3. one pass forward and back has g = ∂m/∂x at every site: in the prompt, in the donor, or the mean over midpoints
 *      between the two prompts' embeddings (integrated gradients over inputs, as in Hanna et al. 2024, arXiv 2403.17806)
 *   4. a cell's estimate is base + Σ g · (v − x) over the elements that it changes, up to the position that is read
 *   5. check: the largest effects and cells drawn by the seed are run as the sweep runs them
 *
 * A probability's gradient is p · ∂ log p. A divergence from the base is smallest at the base, where its gradient says
 * nothing: it is refused there. Long prompts go through steps 2 and 3 with a few sites at a time.
 */
import type {
  AttributionAlarm,
  AttributionPatchingRequest,
  AttributionPatchingResult,
  CellCheck,
} from "../../../protocol/gradients/attributions";
import type { Pauser } from "../../../protocol/cancel";
import { showNowAndThen } from "../../../protocol/progress";
import { CheckedEstimates } from "../../../statistics/checkedEstimates";
import { CellRuns, checkCellsRequest } from "../../interp/cells/cellRuns";
import { checkPoint, metricPoints } from "../../interp/cells/metricGradients";
import { sweepGrid, type SweepCell } from "../../interp/cells/sweepCells";
import { summedGradients } from "../../interp/gradients/summedGradients";
import { rowValues } from "../../interp/interventions/donors";
import type { Model } from "../../models/model";
import { siteGroups } from "./siteGroups";
import { cellEffect } from "./cellEffect";

export async function attributionPatching(
  model: Model,
  request: AttributionPatchingRequest,
  pauser: Pauser,
  onProgress?: (partial: AttributionPatchingResult) => void,
): Promise<AttributionPatchingResult> {
  checkCellsRequest(request);
  checkPoint(request);
  const grid = sweepGrid(model, request.axes, request.prompt.tokens.length);
  const runs = await CellRuns.of(model, request, grid.cells, pauser);
  const work = new Work(model, request, grid, runs, pauser, onProgress);
  try {
    await work.ends();
    await work.estimates();
    await work.check();
    return work.result();
  } catch (error) {
    // Whoever cancels keeps what is there.
    onProgress?.(work.result());
    throw error;
  } finally {
    runs.release();
  }
}

/** One request under way. */
class Work {
  readonly #started = performance.now();
  readonly #values: Float32Array;
  readonly #alarms: AttributionAlarm[] = [];
  #checks: CheckedEstimates<SweepCell> | undefined;
  #base = NaN;
  #donor: number | undefined;
  #done = 0;
  #tokens = 0;
  readonly #showMore: () => void;

  constructor(
    private readonly model: Model,
    private readonly request: AttributionPatchingRequest,
    private readonly grid: ReturnType<typeof sweepGrid>,
    private readonly runs: CellRuns,
    private readonly pauser: Pauser,
    onProgress: ((partial: AttributionPatchingResult) => void) | undefined,
  ) {
    this.#showMore = showNowAndThen(onProgress, () => this.result());
    this.#values = new Float32Array(grid.rowLabels.length * grid.colLabels.length).fill(NaN);
  }

  /** Cells that can have an effect. */
  get #reaching(): readonly SweepCell[] {
    return this.grid.cells.filter(({ from }) => from <= this.request.position);
  }

  /** Step 1. */
  async ends(): Promise<void> {
    this.#base = await this.runs.base();
    this.#donor = await this.runs.donor();
    for (const { index, from } of this.grid.cells) {
      if (from > this.request.position) this.#values[index] = this.#base;
    }
    this.#done = this.grid.cells.length - this.#reaching.length;
  }

  /** Steps 2 to 4. */
  async estimates(): Promise<void> {
    const { model, request, runs, pauser } = this;
    const { prompt, logits, values } = runs;
    // What comes after the position that is read cannot matter.
    const read = { ...prompt, tokens: prompt.tokens.slice(0, request.position + 1) };
    const { length } = read.tokens;
    const points = await metricPoints(model, request, read, logits, pauser);
    if (request.metric.kind === "probability") this.#tokens += points.length * length;
    const sites = [...new Set(this.#reaching.map(({ site }) => site))];
    for (const group of siteGroups(model, sites, length)) {
      await pauser.pause();
      const before = await rowValues(model, read, group);
      const { sums, alarms } = await summedGradients(model, points, (point) => point, length, group, pauser);
      this.#tokens += (1 + points.length) * length;
      this.#alarms.push(...alarms.map((alarm) => ({ ...alarm, at: request.at.kind })));
      const own = this.#reaching.filter(({ site }) => group.includes(site));
      for (const cell of own) {
        const [x, gradient] = [before.get(cell.site), sums.get(cell.site)];
        if (!x || !gradient) throw new Error(`nothing was read at ${cell.site}`);
        const put = values.get(cell.site);
        this.#values[cell.index] = this.#base + cellEffect(model.config, cell, gradient, x, put);
      }
      this.#done += own.length;
      this.#showMore();
    }
  }

  /** Step 5. */
  async check(): Promise<void> {
    const { request, runs, pauser } = this;
    if (!request.check) return;
    const estimateOf = ({ index }: SweepCell) => this.#values[index] ?? NaN;
    const checks = new CheckedEstimates(request.check, this.#reaching, estimateOf, this.#base);
    this.#checks = checks;
    await runs.run(checks.chosen, pauser, (batch, metrics) => {
      checks.take(batch, metrics);
      this.#showMore();
    });
  }

  result(): AttributionPatchingResult {
    const { rowLabels, colLabels, cells } = this.grid;
    return {
      order: "first",
      at: this.request.at,
      ...{ rowLabels, colLabels, values: this.#values.slice(), base: this.#base },
      ...(this.#donor === undefined ? {} : { donor: this.#donor }),
      ...{ cellsDone: this.#done, cells: cells.length },
      alarms: [...this.#alarms],
      ...(this.#checks && { check: checkOf(this.#checks) }),
      evaluatedTokens: this.runs.evaluatedTokens + this.#tokens,
      elapsedMs: performance.now() - this.#started,
    };
  }
}

function checkOf(checks: CheckedEstimates<SweepCell>): CellCheck {
  const cells = checks.chosen.map((cell) => ({ index: cell.index, ...checks.of(cell) }));
  return { cells, ...checks.agreements() };
}
