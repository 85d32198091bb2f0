/**
 * What an autoencoder makes of a prompt (Gao et al. 2024, "Scaling and evaluating sparse autoencoders"; FVU as in
 * SAELens and sparsify):
 *
 *   1. run the prompt once, with its edits, and keep the sites that the autoencoder reads and writes
 *   2. encode every position; list its most active latents, count the active ones (L0)
 *   3. decode: x̂; per position ‖x − x̂‖², cos(x, x̂), and ‖x − mean‖² with the mean over the prompt
 *   4. FVU = Σ ‖x − x̂‖² / Σ ‖x − mean‖², both sums over the positions that are not BOS
 *
 * A part of a cross-layer transcoder has codes alone: what its sites hold is written by several parts, so steps 3 and 4 give NaN.
 * x is what the output site holds: of an autoencoder the site itself, of a transcoder what it is to predict.
 * Sums are f64, on the host.
 */
import {
  NO_LATENT,
  type CodeCurveRequest,
  type CodeCurveResult,
  type DecodeRequest,
  type DecodeResult,
} from "../../../protocol/sae/features";
import type { Pauser } from "../../../protocol/cancel";
import { readBack } from "../../interp/pass/readBack";
import { joinFloats } from "../../interp/batch/joinFloats";
import { checkSizes, codesOf, eachGo, partOf } from "../../interp/sae/saeCodes";
import { dictionaryOf, saeOf, type Model } from "../../models/model";
import { saeDecode as decodeCode, saeEncodeTopK } from "../../ops/sae";

/** `bosId`: positions of this token are in no mean. */
export async function saeDecode(
  model: Model,
  request: DecodeRequest,
  pauser: Pauser,
  bosId?: number,
): Promise<DecodeResult> {
  const sae = dictionaryOf(model, request.sae);
  checkSizes(sae.weights, request);
  const weights = partOf(sae.weights, request.prefix);
  const { listed, prompt } = request;
  const count = prompt.tokens.length;
  const ids = new Uint32Array(count * listed).fill(NO_LATENT);
  const values = new Float32Array(count * listed);
  const l0 = new Float32Array(count);
  const outputs: Rows[] = [];
  await eachGo(model, sae, prompt, pauser, async (x, y, rows) => {
    const read = await readBack(model.memory, (back) => {
      const codes = codesOf(model.memory, weights, x(), listed, request.k);
      const kept = { ids: back.tensor(codes.ids), values: back.tensor(codes.values) };
      return {
        ...kept,
        width: codes.ids.shape[1] ?? 0,
        counts: codes.counts && back.tensor(codes.counts),
        decoded: back.tensor(codes.reconstruction),
        target: back.tensor(y()),
      };
    });
    const rowIds = new Uint32Array(read.ids().buffer);
    const counts = read.counts && new Uint32Array(read.counts().buffer);
    const { width } = read;
    rows.forEach((position, row) => {
      const own = rowIds.subarray(row * width, (row + 1) * width);
      ids.set(own.subarray(0, listed), position * listed);
      values.set(
        read.values().subarray(row * width, row * width + Math.min(width, listed)),
        position * listed,
      );
      l0[position] = counts ? (counts[row] ?? 0) : own.filter((id) => id !== NO_LATENT).length;
    });
    outputs.push({ decoded: read.decoded(), target: read.target() });
  });
  const isCounted = prompt.tokens.map((token) => token !== bosId);
  const found = quality(outputs, isCounted);
  return { ids, values, listed, l0, ...(sae.writes ? { ...found, ...notItsOwn(count) } : found) };
}

/** What a part of a cross-layer transcoder writes is a part of a reconstruction; alone it has no error. */
const notItsOwn = (positions: number) => ({
  squaredErrors: new Float32Array(positions).fill(NaN),
  cosines: new Float32Array(positions).fill(NaN),
  fvu: NaN,
});

/** FVU of TopK codes with fewer or more latents than the trained k: a progressive code gets better step by step. */
export async function saeCodeCurve(
  model: Model,
  { sae: id, prompt, ks }: CodeCurveRequest,
  pauser: Pauser,
  bosId?: number,
): Promise<CodeCurveResult> {
  const sae = saeOf(model, id);
  const { weights } = sae;
  for (const k of ks) checkSizes(weights, { k });
  const most = Math.max(...ks);
  const outputs = ks.map((): Rows[] => []);
  await eachGo(model, sae, prompt, pauser, async (x, y) => {
    const read = await readBack(model.memory, (back) => {
      const input = x();
      const code = saeEncodeTopK(model.memory, weights, input, most);
      const around = weights.skip ? { x: input } : {};
      return {
        target: back.tensor(y()),
        decoded: ks.map((used) => back.tensor(decodeCode(model.memory, weights, code, { ...around, used }))),
      };
    });
    read.decoded.forEach((decoded, i) => outputs[i]?.push({ decoded: decoded(), target: read.target() }));
  });
  const isCounted = prompt.tokens.map((token) => token !== bosId);
  return { ks, fvu: outputs.map((rows) => quality(rows, isCounted).fvu) };
}

/** Some rows, in order: what was made of them, and what they are. */
interface Rows {
  readonly decoded: Float32Array;
  readonly target: Float32Array;
}

/** How near the reconstruction is; the mean is over counted positions. */
export function quality(
  chunks: readonly Rows[],
  isCounted: readonly boolean[],
): Pick<DecodeResult, "squaredErrors" | "variances" | "cosines" | "fvu" | "n"> {
  const count = isCounted.length;
  const target = joinFloats(chunks.map((rows) => rows.target));
  const decoded = joinFloats(chunks.map((rows) => rows.decoded));
  const width = target.length / count;
  const n = isCounted.filter(Boolean).length;
  const mean = new Float64Array(width);
  isCounted.forEach((counts, row) => {
    for (let i = 0; counts && i < width; i++) mean[i] = (mean[i] ?? 0) + (target[row * width + i] ?? 0) / n;
  });
  const squaredErrors = new Float32Array(count);
  const variances = new Float32Array(count);
  const cosines = new Float32Array(count);
  let [errorSum, varianceSum] = [0, 0];
  for (let row = 0; row < count; row++) {
    let [error, variance, dot, xx, yy] = [0, 0, 0, 0, 0];
    for (let i = 0; i < width; i++) {
      const x = target[row * width + i] ?? 0;
      const y = decoded[row * width + i] ?? 0;
      error += (x - y) ** 2;
      variance += (x - (mean[i] ?? 0)) ** 2;
      dot += x * y;
      xx += x * x;
      yy += y * y;
    }
    squaredErrors[row] = error;
    variances[row] = variance;
    cosines[row] = dot / Math.sqrt(xx * yy);
    if (isCounted[row]) [errorSum, varianceSum] = [errorSum + error, varianceSum + variance];
  }
  return { squaredErrors, variances, cosines, fvu: errorSum / varianceSum, n };
}
