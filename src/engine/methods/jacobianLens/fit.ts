/**
 * The Jacobian lens, fitted (Gurnee, Sofroniew, Lindsey et al. 2026, "Verbalizable Representations Form a Global Workspace in Language
 * Models", transformer-circuits.pub): what a residual stream disposes the model to say, now or later.
 *
 *   1. each text goes through the model on its own; positions before `skipFirst`, where attention sinks lie, and the last,
 *      which predicts nothing of the text, are left out as sources and as targets
 *   2. of a text, and of each block l before the last (interp/gradients/residualJacobian.ts):
 *      J_l[i, j] = mean over t of Σ over t' ≥ t of ∂ x_last(t')[i] / ∂ x_l(t)[j]
 *      with x_l what leaves block l and x_last what enters the final norm
 *   3. the lens has the mean over texts, each text alike; it is read as head(J_l x_l), final norm included
 *
 * The variant: the sum over later targets, as published (a mean over t of the Jacobian at t alone is another lens). J of the
 * last block is the identity. Steps 2 and 3 keep running means in f32, so that a fit that is stopped is a lens of fewer
 * texts, and goes on where it was.
 */
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { LensEnvironment, LensFitRequest, LensInfo } from "../../../protocol/gradients/lenses";
import { showNowAndThen } from "../../../protocol/progress";
import type { LensMatrices } from "../../interp/activations/lensMatrices";
import { residualJacobian } from "../../interp/gradients/residualJacobian";
import { checkIds } from "../../models/checks";
import type { Model } from "../../models/model";

/** Most that the matrices may take on the host. */
export const MAX_LENS_BYTES = 2 ** 31;

/** A fit, under way or done; lives in the engine. */
export class LensFit implements LensMatrices {
  readonly layers: readonly number[];
  readonly #means: Float32Array<ArrayBuffer>[];
  readonly #rows: readonly (readonly number[])[];
  readonly #dModel: number;
  #next = 0;
  #texts = 0;
  #short = 0;
  #positions = 0;
  #lastChange = NaN;
  #elapsedMs = 0;
  #isRunning = false;
  /** Those read when it was last asked for. */
  #readRows: { readonly done: number; readonly rows: ReadonlySet<string> } = { done: 0, rows: new Set() };

  /** Checks everything; reads nothing. `environment`: of the model and the corpus. */
  constructor(
    private readonly id: number,
    { config }: Model,
    private readonly request: LensFitRequest,
    private readonly environment: LensEnvironment,
  ) {
    const { contexts, before, name, skipFirst } = request;
    const { dModel, nLayers, nCtx } = config;
    if (nLayers < 2)
      refuse("This model has one block: its output is what the head reads, and there is nothing to fit.");
    if (contexts.length === 0) refuse(`${name} has no texts; give it some.`);
    if (!(Number.isInteger(skipFirst) && skipFirst >= before.length)) {
      refuse(
        `skipFirst is ${skipFirst}; give a whole number from ${before.length} on, which is what stands before each text.`,
      );
    }
    if ((nLayers - 1) * dModel * dModel * 4 > MAX_LENS_BYTES) {
      refuse(`A lens of ${nLayers - 1} layers of ${dModel} × ${dModel} numbers is too large to hold here.`);
    }
    this.#rows = contexts.map((context) => [...before, ...context]);
    for (const [index, row] of this.#rows.entries()) {
      checkIds(row, config.dVocab);
      if (row.length > nCtx) refuse(`Text ${index} has ${row.length} tokens; this model reads ${nCtx}.`);
    }
    if (this.#rows.every((row) => this.#kept(row).length === 0)) {
      refuse(
        `No text of ${name} has more than ${skipFirst + 1} tokens, and the first ${skipFirst} and the last are left out; leave out fewer, or give longer texts.`,
      );
    }
    this.#dModel = dModel;
    this.layers = Array.from({ length: nLayers - 1 }, (_, layer) => layer);
    this.#means = this.layers.map(() => new Float32Array(dModel * dModel));
  }

  /** Positions that count, as sources and as targets. */
  #kept(row: readonly number[]): number[] {
    const { skipFirst } = this.request;
    return Array.from({ length: Math.max(0, row.length - 1 - skipFirst) }, (_, i) => skipFirst + i);
  }

  /** From the first text that was not read yet; stops with Cancelled, keeping what is there. */
  async run(model: Model, pauser: Pauser, onProgress?: (partial: LensInfo) => void): Promise<LensInfo> {
    if (this.#isRunning) refuse(`${this.request.name} is being read already; wait, or stop it.`);
    this.#isRunning = true;
    const showMore = showNowAndThen(onProgress, () => this.info());
    try {
      while (this.#next < this.#rows.length) {
        const row = this.#rows[this.#next] ?? [];
        const kept = this.#kept(row);
        const started = performance.now();
        if (kept.length > 0) this.#take(await residualJacobian(model, row, this.layers, kept, pauser));
        else this.#short++;
        this.#elapsedMs += performance.now() - started;
        this.#positions += kept.length;
        this.#next++;
        showMore();
      }
      return this.info();
    } catch (error) {
      onProgress?.(this.info());
      throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  /** One text more in the running means. */
  #take(found: readonly Float32Array[]): void {
    this.#texts++;
    let most = 0;
    for (const [i, J] of found.entries()) {
      const mean = this.#means[i];
      if (!mean) continue;
      let [moved, size] = [0, 0];
      for (let at = 0; at < mean.length; at++) {
        const was = mean[at] ?? 0;
        const step = ((J[at] ?? 0) - was) / this.#texts;
        mean[at] = was + step;
        moved += step * step;
        size += was * was;
      }
      most = Math.max(most, Math.sqrt(moved / size));
    }
    // Of the first text there is nothing to compare with.
    this.#lastChange = this.#texts > 1 ? most : NaN;
  }

  matrix(layer: number): Float32Array<ArrayBuffer> {
    return this.#means[layer] ?? refuse(`This lens has no matrix of layer ${layer}.`);
  }

  /** Whether a row of tokens is one that was read. */
  hasRead(row: readonly number[]): boolean {
    if (this.#readRows.done !== this.#next) {
      const rows = new Set(this.#rows.slice(0, this.#next).map((one) => one.join(",")));
      this.#readRows = { done: this.#next, rows };
    }
    return this.#readRows.rows.has(row.join(","));
  }

  info(): LensInfo {
    const { name, before, skipFirst } = this.request;
    const longest = this.#rows.reduce((most, { length }) => Math.max(most, length), 0);
    return {
      ...{ id: this.id, name, source: "fit", layers: this.layers, dModel: this.#dModel },
      ...{ texts: this.#texts, allTexts: this.#rows.length, shortTexts: this.#short },
      ...{ lastChange: this.#lastChange, elapsedMs: this.#elapsedMs },
      environment: {
        ...this.environment,
        ...{ corpus: name, before, skipFirst, longest, positions: this.#positions },
      },
      notes: [],
    };
  }

  get isDone(): boolean {
    return this.#next === this.#rows.length;
  }
}
