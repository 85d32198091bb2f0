/**
 * Steering vectors from contrast pairs, a direction for every layer.
 *
 * Mean difference: contrastive activation addition (Rimsky et al. 2023, arXiv 2312.06681). First principal component of the
 * differences: representation engineering (Zou et al. 2023, arXiv 2310.01405), in the form in which repeng and llama.cpp
 * make control vectors of it.
 *
 *   1. pairs are divided by the seed: some are held out, the others make the directions
 *   2. every prompt is run without edits; its activation x at a layer's site is that of its last token, or the mean over all
 *      of its tokens
 *   3. of each training pair d = x(positive) − x(negative). The mean difference is the mean of d. The component is the
 *      unit vector that most of Σ d dᵀ lies along (around zero, or around the mean of d), turned so that more positive
 *      prompts than negative ones lie where it points
 *   4. a held-out pair is told right if its positive prompt has the larger projection on the direction
 *   5. null control: 3 and 4 again, with the labels swapped in half of the training pairs, which the seed draws: what they
 *      share cancels in the mean. A component around zero stays the same line, and only which way it points is left to chance
 */
import { isBelow } from "../../models/checks";
import type { Model } from "../../models/model";
import { textActivations, type TextBatch } from "../../interp/activations/textActivations";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { showNowAndThen } from "../../../protocol/progress";
import { blockSite } from "../../../protocol/sites";
import {
  CENTRINGS,
  RESIDUAL_SITES,
  type LayerDirections,
  type SteeringVectorsRequest,
  type SteeringVectorsResult,
} from "../../../protocol/steering";
import { shuffledBySeed } from "../../../random/shuffled";
import { layerDirections } from "./layerDirections";
import type { PairActivations } from "./separation";

/** Gram matrices and captures grow with the number of pairs. */
export const MAX_PAIRS = 1000;
export const MAX_SHUFFLES = 1000;

function checkRequest({ config }: Model, asked: SteeringVectorsRequest): void {
  const { pairs, site, over, centring, testShare, shuffles } = asked;
  if (pairs.length < 2 || pairs.length > MAX_PAIRS)
    refuse(`There are ${pairs.length} pairs; give from 2 to ${MAX_PAIRS}.`);
  for (const [i, pair] of pairs.entries()) {
    for (const side of ["positive", "negative"] as const) {
      const { length } = pair[side].tokens;
      if (length === 0 || length > config.nCtx)
        refuse(
          `The ${side} prompt of pair ${i + 1} has ${length} tokens; this model takes 1 to ${config.nCtx}.`,
        );
      const bad = pair[side].tokens.find((token) => !isBelow(token, config.dVocab));
      if (bad !== undefined)
        refuse(
          `The ${side} prompt of pair ${i + 1} names token ${bad}; this model knows 0 to ${config.dVocab - 1}.`,
        );
    }
  }
  if (!RESIDUAL_SITES.includes(site))
    refuse(`site is ${String(site)}; directions are of ${RESIDUAL_SITES.join(", ")}.`);
  if (over !== "last" && over !== "all") refuse(`over is ${String(over)}; take last or all.`);
  if (!CENTRINGS.includes(centring))
    refuse(`centring is ${String(centring)}; take ${CENTRINGS.join(" or ")}.`);
  if (!(testShare >= 0 && testShare <= 0.9)) refuse(`testShare is ${testShare}; take a share from 0 to 0.9.`);
  if (!isBelow(shuffles, MAX_SHUFFLES + 1))
    refuse(`shuffles is ${shuffles}; take a whole number up to ${MAX_SHUFFLES}.`);
}

/** Indices of pairs, in order: two at least make the directions. */
export function splitPairs(
  count: number,
  testShare: number,
  seed: number,
): { readonly train: readonly number[]; readonly test: readonly number[] } {
  const held = Math.min(count - 2, Math.round(testShare * count));
  const drawn = new Set(shuffledBySeed([...Array(count).keys()], seed).slice(0, held));
  const all = [...Array(count).keys()];
  return { train: all.filter((i) => !drawn.has(i)), test: all.filter((i) => drawn.has(i)) };
}

/** Activations of the texts of one batch, f64 [width] each: of the last token, or the mean of all. */
function* pooled({ lengths, tokens }: TextBatch, data: Float32Array, over: "last" | "all") {
  const width = data.length / tokens;
  let end = 0;
  for (const length of lengths) {
    end += length;
    const count = over === "last" ? 1 : length;
    const mean = new Float64Array(width);
    for (let row = end - count; row < end; row++)
      for (let i = 0; i < width; i++) mean[i] = (mean[i] ?? 0) + (data[row * width + i] ?? 0) / count;
    yield mean;
  }
}

export async function steeringVectors(
  model: Model,
  request: SteeringVectorsRequest,
  pauser: Pauser,
  onProgress?: (partial: SteeringVectorsResult) => void,
): Promise<SteeringVectorsResult> {
  const started = performance.now();
  checkRequest(model, request);
  const { pairs, site, over } = request;
  const sites = Array.from({ length: model.config.nLayers }, (_, layer) => blockSite(layer, site));
  const texts = pairs.flatMap(({ positive, negative }) => [positive.tokens, negative.tokens]);
  const split = splitPairs(pairs.length, request.testShare, request.seed);
  const layers: LayerDirections[] = [];
  let [read, evaluatedTokens] = [0, 0];
  const result = (): SteeringVectorsResult => ({
    ...{ site, layers: [...layers], ...split, evaluatedTokens },
    ...{ done: read + layers.length, total: texts.length + sites.length },
    elapsedMs: performance.now() - started,
  });
  const showMore = showNowAndThen(onProgress, result);
  try {
    /** [site][text]. */
    const activations = sites.map(() => new Array<Float64Array>(texts.length));
    for await (const batch of textActivations(model, sites, texts, [], pauser)) {
      for (const [at, data] of batch.data.entries()) {
        let i = 0;
        for (const vector of pooled(batch, data, over))
          activations[at]?.splice(batch.texts[i++] ?? -1, 1, vector);
      }
      read += batch.texts.length;
      evaluatedTokens += batch.tokens;
      showMore();
    }
    const none = new Float64Array(model.config.dModel);
    for (const [layer, vectors] of activations.entries()) {
      await pauser.pause();
      const pairAt = (i: number): PairActivations => ({
        positive: vectors[2 * i] ?? none,
        negative: vectors[2 * i + 1] ?? none,
      });
      layers.push(layerDirections(layer, split.train.map(pairAt), split.test.map(pairAt), request));
      showMore();
    }
    return result();
  } catch (error) {
    // Whoever cancels keeps the layers that are there.
    onProgress?.(result());
    throw error;
  }
}
