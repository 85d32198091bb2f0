/** Codes of one batch of a corpus, read off the device: lists only, and what the quality of the reconstruction is made of. */
import { pieces } from "../../interp/pass/forwardPass";
import { readBack } from "../../interp/pass/readBack";
import { rowsPerChunk } from "../../interp/sae/saeCodes";
import type { ActivationCache } from "../../interp/activations/activationCache";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { gatherRows } from "../../ops/embedding";
import { saeReconstruct, saeEncode, listed } from "../../ops/saeCode";
import { columnSums, lessRow, rootMeanSquares, subtract } from "../../ops/rowSums";
import { Unexplained } from "./unexplained";

/** Rows of a batch that follow each other. */
export interface CodedRows {
  readonly count: number;
  /** [count, width]. */
  readonly ids: Uint32Array;
  readonly values: Float32Array;
  readonly width: number;
  /** As Unexplained.add takes them. */
  readonly errors: Float32Array;
  readonly deviations: Float32Array;
  readonly sums: Float32Array;
}

/** Slots that are tried first where a code may have any length. */
const FIRST_WIDTH = 256;

/** Widths that were enough so far: codes of one autoencoder are about as long everywhere. */
export class Widths {
  readonly #widths = new Map<Sae, number>();

  of(sae: Sae): number {
    return this.#widths.get(sae) ?? Math.min(FIRST_WIDTH, sae.weights.encoder.shape[0]);
  }

  /** To the next power of two. */
  raise(sae: Sae, needed: number): void {
    this.#widths.set(sae, Math.min(sae.weights.encoder.shape[0], 2 ** Math.ceil(Math.log2(needed))));
  }
}

/** The mean of what the autoencoder writes in this batch. */
export async function originOf({ memory }: Model, sae: Sae, pass: ActivationCache, rows: number) {
  const sums = await readBack(memory, (back) => back.tensor(columnSums(memory, pass.tensor(sae.siteOut))));
  return sums().map((sum) => sum / rows);
}

/** All rows of the pass, in order. */
export async function readBatch(
  model: Model,
  sae: Sae,
  pass: ActivationCache,
  rows: number,
  { origin }: Unexplained,
  widths: Widths,
): Promise<CodedRows[]> {
  const indices = Array.from({ length: rows }, (_, row) => row);
  const read: CodedRows[] = [];
  for (const chunk of pieces(indices, rowsPerChunk(model, sae.weights))) {
    let coded: CodedRows | number = 0;
    while (typeof coded === "number") {
      coded = await readRows(model, sae, pass, chunk, origin, widths.of(sae));
      if (typeof coded === "number") widths.raise(sae, coded);
    }
    read.push(coded);
  }
  return read;
}

/** A number: so many slots are needed. */
async function readRows(
  { memory }: Model,
  { siteIn, siteOut, weights }: Sae,
  pass: ActivationCache,
  chunk: readonly number[],
  origin: Float32Array<ArrayBuffer>,
  width: number,
): Promise<CodedRows | number> {
  const found = await readBack(memory, (back) => {
    const list = memory.from(Uint32Array.from(chunk), [chunk.length], "rows");
    const mean = memory.from(origin, [1, origin.length], "origin");
    const x = gatherRows(memory, pass.tensor(siteIn), list);
    const y = siteIn === siteOut ? x : gatherRows(memory, pass.tensor(siteOut), list);
    const deviation = lessRow(memory, y, mean);
    const sums = back.tensor(columnSums(memory, deviation));
    const code = listed(memory, saeEncode(memory, weights, x), width);
    const decoded = saeReconstruct(memory, weights, code, x);
    return {
      sums,
      width: code.ids.shape[1] ?? 0,
      ids: back.tensor(code.ids),
      values: back.tensor(code.values),
      counts: code.counts && back.tensor(code.counts),
      errors: back.tensor(rootMeanSquares(memory, subtract(memory, y, decoded))),
      deviations: back.tensor(rootMeanSquares(memory, deviation)),
    };
  });
  const needed = found.counts
    ? new Uint32Array(found.counts().buffer).reduce((a, b) => Math.max(a, b), 0)
    : 0;
  if (needed > width) return needed;
  return {
    count: chunk.length,
    width: found.width,
    ids: new Uint32Array(found.ids().buffer),
    values: found.values(),
    errors: found.errors(),
    deviations: found.deviations(),
    sums: found.sums(),
  };
}
