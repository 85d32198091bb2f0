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
 *      the base what lies before the first changed position; cells go in batches
 *   4. the metric of each cell is read at the position; a change after it cannot matter: such cells have the base's
 */
import type { SweepCost, SweepRequest, SweepResult } from "../../../protocol/analysis";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import { cellChange, changeValues } from "./cellChange";
import { metricRequest, metricValue } from "./cellMetric";
import { resolveEdits } from "../../interp/interventions/index";
import { drawnPrompt } from "../../interp/interventions/resample";
import { CounterfactualPrompts } from "../../interp/activations/counterfactualPrompts";
import { sweepGrid, type SweepCell } from "./sweepCells";
import type { Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";

/** Least time between partial results; with a batch on top they come every 100 ms. */
const PROGRESS_MS = 50;

/** What is wrong with a request before anything runs. */
function check({ prompt, position, change }: SweepRequest): void {
  const { length } = prompt.tokens;
  if (!(Number.isInteger(position) && position >= 0 && position < length)) {
    refuse(`The metric is read at position ${position}; the prompt has positions 0 to ${length - 1}.`);
  }
  if (change.kind === "patch" && change.from.tokens.length !== length) {
    refuse(
      `Patching by position needs prompts of equal length: this one has ${length} tokens, the other ${change.from.tokens.length}.`,
    );
  }
}

/** Tokens that a sweep sends through the model, if nothing is known yet. */
function tokensOfSweep({ change, position }: SweepRequest, cells: readonly SweepCell[]): number {
  const read = position + 1;
  const rows = cells.reduce((sum, { from }) => sum + Math.max(0, read - from), 0);
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
  check(request);
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
  check(request);
  const { config } = model;
  const { metric, change, position } = request;
  const prompt = await resolveEdits(model, request.prompt, pauser);
  const { rowLabels, colLabels, cells } = sweepGrid(model, request.axes, prompt.tokens.length);
  const ask = metricRequest(metric, vocabOut(config));
  const puts = await changeValues(model, change, cells, position, pauser);

  const changesPatterns = [...prompt.interventions, ...cells].some(
    (one) => !("site" in one) || /\.(scores|pattern)$/.test(one.site),
  );
  const limit = batchTokens(model, position + 1, changesPatterns);
  const variants = new CounterfactualPrompts(model, prompt, position, ask, Math.max(limit, position + 1));
  const values = new Float32Array(rowLabels.length * colLabels.length).fill(NaN);
  let donorTokens = 0;
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
    evaluatedTokens: variants.evaluatedTokens + donorTokens,
    elapsedMs: performance.now() - started,
  });
  try {
    base = metricValue(metric, await variants.base());
    if (change.kind === "patch") {
      const other = { tokens: change.from.tokens, interventions: [] };
      const alone = new CounterfactualPrompts(model, other, position, ask, 0);
      try {
        donor = metricValue(metric, await alone.base(variants.logits));
      } finally {
        alone.release();
      }
      donorTokens = alone.evaluatedTokens;
    }
    const reaching = cells.filter(({ from }) => from <= position);
    for (const { index, from } of cells) {
      if (from > position) values[index] = base;
    }
    done = cells.length - reaching.length;
    let reported = performance.now();
    for (const batch of batchesOf(reaching, (cell) => variants.tokensOf(cell), limit)) {
      await pauser.pause();
      const readings = await variants.run(
        batch.map((cell) => ({
          from: cell.from,
          interventions: [cellChange(cell, puts.get(cell.site), change.kind !== "mean")],
        })),
      );
      batch.forEach(({ index }, i) => {
        const reading = readings[i];
        if (reading) values[index] = metricValue(metric, reading);
      });
      done += batch.length;
      if (onProgress && performance.now() - reported >= PROGRESS_MS) {
        reported = performance.now();
        onProgress(result());
      }
    }
    return result();
  } catch (error) {
    // Whoever cancels keeps what is there.
    onProgress?.(result());
    throw error;
  } finally {
    variants.release();
  }
}
