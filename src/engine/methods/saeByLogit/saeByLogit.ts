/**
 * Which latents raise a token's logit most, and lower it most, by weights alone: every latent's direct effect at once.
 *
 *   1. e = the token's row of the unembedding less the mean row over the vocabulary (a shift of all logits does nothing),
 *      times the gain of the final norm, the mean taken off where that is a LayerNorm; the positive scale that it divides
 *      by depends on the text and is left out
 *   2. from attn.z or mlp.post e is taken back through the layer's output matrix (and Gemma's norm behind it)
 *   3. decoder · e: one product with the decoder, whatever its size. Per unit of activation
 */
import { refuse } from "../../../protocol/errors";
import type { ByLogitRequest, RankedLatents } from "../../../protocol/sae/features";
import { meanUnembedding } from "./meanUnembedding";
import { readBack } from "../../interp/pass/readBack";
import { backToSite, residualPath } from "../../interp/weights/residualPath";
import { beyondZero, centred, gained } from "../../interp/weights/directions";
import { checkK, checkTargets } from "../../models/checks";
import { saeOf, type Model } from "../../models/model";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";

/** The k latents that raise the token most, then the k that lower it most; most extreme first in both. */
export async function latentsByLogit(
  model: Model,
  { sae: id, token, k }: ByLogitRequest,
): Promise<RankedLatents> {
  const { architecture, config, memory, weights } = model;
  const { siteOut, weights: sae } = saeOf(model, id);
  const { finalNorm, unembed } = architecture.weightMap(config);
  checkTargets([token], config);
  checkK(k, "latent");
  const way = residualPath(model, siteOut);
  if (!way) {
    return refuse(
      `This autoencoder writes ${siteOut}, which does not reach the residual stream by weights alone: its latents have no direct effect on logits.`,
    );
  }
  const mean = await meanUnembedding(model);
  const found = await readBack(memory, (back) => {
    const index = memory.from(Uint32Array.of(token), [1], "token");
    return {
      row: back.tensor(embedding(memory, weights.matrix(`${unembed}.weight`), index)),
      gain: back.part(weights, finalNorm?.name, "weight"),
    };
  });
  const row = found.row().map((value, i) => value - (mean[i] ?? 0));
  const direction = await backToSite(model, way, centred(gained(row, finalNorm, found.gain()), finalNorm));
  const effects = await readBack(memory, (back) =>
    back.tensor(linear(memory, memory.from(direction, [1, direction.length], "direction"), sae.decoder)),
  );
  return bothEnds(effects(), k);
}

/** With few latents the two lists would meet: none is named twice, none for what it does not do. */
function bothEnds(effects: Float32Array, k: number): RankedLatents {
  const end = (sign: 1 | -1) => {
    const { ids, values } = beyondZero(effects, k, sign);
    return [...ids].map((id, i) => [id, values[i] ?? NaN] as const);
  };
  const both = [...end(1), ...end(-1)];
  return {
    ids: Uint32Array.from(both, ([id]) => id),
    values: Float32Array.from(both, ([, value]) => value),
  };
}
