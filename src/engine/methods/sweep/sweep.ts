/**
 * Sweeps: one change, made at every layer and position, head, neuron or site in turn, and what each does to one number.
 *
 * Activation patching (causal tracing): Meng et al. 2022, "Locating and Editing Factual Associations in GPT",
 * arXiv 2202.05262; of single heads as in Wang et al. 2022, "Interpretability in the Wild", arXiv 2211.00593. With zeros,
 * means or another prompt's values instead, the same loop is an ablation sweep.
 *
 *   1. the prompt with its own edits, up to the position that is read, is run once: the base
 *   2. the values that the change puts in: none (zero), the mean over every token of a set, or the site as it is in
 *      another prompt (drawn by the seed, or given), captured in one run without edits; every position that is
 *      changed takes the value of the same position there, so a patch needs prompts of equal length
 *   3. every cell is one run: the prompt's own edits, then x becomes the value at the cell's elements. It shares with
 *      the base what lies before the first changed position and the first changed block; cells go in batches
 *   4. the metric of each cell is read at the position; a change after it cannot matter: such cells have the base's
 */
import type { SweepCost, SweepRequest, SweepResult } from "../../../protocol/analysis";
import type { Pauser } from "../../../protocol/cancel";
import { showNowAndThen } from "../../../protocol/progress";
import { CellRuns, checkCellsRequest } from "../../interp/cells/cellRuns";
import { sweepGrid, type SweepCell } from "../../interp/cells/sweepCells";
import { drawnPrompt } from "../../interp/interventions/resample";
import type { Model } from "../../models/model";

/** Tokens that a sweep sends through the model, if nothing is known yet. */
function tokensOfSweep({ change, metric, position }: SweepRequest, cells: readonly SweepCell[]): number {
  const read = position + 1;
  // The base's logits, which a divergence needs, take its last token once more.
  const again = metric.kind === "kl" ? 1 : 0;
  const rows = cells.reduce((sum, { from }) => sum + Math.max(0, read - from), again);
  switch (change.kind) {
    case "zero":
      return read + rows;
    case "mean":
      return read + rows + change.over.prompts.reduce((sum, { tokens }) => sum + tokens.length, 0);
    case "patch":
      return read + rows + change.from.tokens.length + read;
    case "resample":
      return read + rows + drawnPrompt(change.from, change.seed).tokens.length;
  }
}

/** What a sweep costs, before it runs. */
export function sweepCost(model: Model, request: SweepRequest): Pick<SweepCost, "cells" | "tokens"> {
  checkCellsRequest(request);
  const { cells } = sweepGrid(model, request.axes, request.prompt.tokens.length);
  return { cells: cells.length, tokens: tokensOfSweep(request, cells) };
}

export async function sweep(
  model: Model,
  request: SweepRequest,
  pauser: Pauser,
  onProgress?: (partial: SweepResult) => void,
): Promise<SweepResult> {
  const started = performance.now();
  checkCellsRequest(request);
  const { position } = request;
  const { rowLabels, colLabels, cells } = sweepGrid(model, request.axes, request.prompt.tokens.length);
  const runs = await CellRuns.of(model, request, cells, pauser);
  const values = new Float32Array(rowLabels.length * colLabels.length).fill(NaN);
  let donor: number | undefined;
  let base = NaN;
  let done = 0;
  const result = (): SweepResult => ({
    rowLabels,
    colLabels,
    values: values.slice(),
    base,
    ...(donor === undefined ? {} : { donor }),
    cellsDone: done,
    cells: cells.length,
    evaluatedTokens: runs.evaluatedTokens,
    elapsedMs: performance.now() - started,
  });
  try {
    base = await runs.base();
    donor = await runs.donor();
    const reaching = cells.filter(({ from }) => from <= position);
    for (const { index, from } of cells) {
      if (from > position) values[index] = base;
    }
    done = cells.length - reaching.length;
    const showMore = showNowAndThen(onProgress, result);
    await runs.run(reaching, pauser, (batch, metrics) => {
      batch.forEach(({ index }, i) => (values[index] = metrics[i] ?? NaN));
      done += batch.length;
      showMore();
    });
    return result();
  } catch (error) {
    // Whoever cancels keeps what is there.
    onProgress?.(result());
    throw error;
  } finally {
    runs.release();
  }
}
