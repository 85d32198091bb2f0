/**
 * A latent by its weights alone, without any text (Gao et al. 2024 and its viewer; Bricken et al. 2023, "Towards
 * Monosemanticity", for logit effects):
 *
 *   1. its decoder row; from attn.z or mlp.post through the layer's output matrix (and Gemma's norm behind it) into the
 *      residual stream
 *   2. times the gain of the final norm, the mean taken off where that is a LayerNorm; through the unembedding this is its
 *      effect on every logit, per unit and up to the positive scale that the norm divides by. The mean over the vocabulary
 *      is taken off: a shift of all logits changes nothing
 *   3. neighbours: cos(decoder row, decoder row of every other latent)
 */
import type { LatentRequest, LatentResult } from "../../../protocol/sae/features";
import type { Pauser } from "../../../protocol/cancel";
import { pieces } from "../../interp/pass/forwardPass";
import { readBack } from "../../interp/pass/readBack";
import { residualPath } from "../../interp/weights/residualPath";
import { beyondZero, centred, extremes, gained, norm2 } from "../../interp/weights/directions";
import { checkK, checkLatent } from "../../models/checks";
import { saeOf, type Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { embedding } from "../../ops/embedding";
import { linear } from "../../ops/linear";
import type { SaeWeights } from "../../ops/saeWeights";

type Floats = Float32Array<ArrayBuffer>;

export async function saeLatent(model: Model, request: LatentRequest, pauser: Pauser): Promise<LatentResult> {
  const { memory } = model;
  const sae = saeOf(model, request.sae);
  const { weights } = sae;
  const { latent, k } = request;
  const [nLatents, dOut] = weights.decoder.shape;
  checkLatent(latent, nLatents);
  checkK(k);
  const norms = await decoderNorms(model, weights, pauser);
  const found = await readBack(memory, (back) => {
    const index = memory.from(Uint32Array.of(latent), [1], "latent");
    const row = embedding(memory, weights.decoder, index);
    return {
      decoder: back.tensor(row),
      encoder: back.tensor(embedding(memory, weights.encoder, index)),
      bias: back.vector(weights.encoderBias, latent, weights.encoderBias ? 1 : 0),
      dots: back.tensor(linear(memory, row, weights.decoder)),
    };
  });
  const decoder = found.decoder();
  if (decoder.length !== dOut) throw new Error("a decoder row has another width than the decoder");
  return {
    ...(await logitEffects(model, sae, decoder, k)),
    neighbours: nearest(found.dots(), norms, latent, k),
    decoderNorm: norm2(decoder),
    encoderNorm: norm2(found.encoder()),
    encoderBias: found.bias()[0] ?? 0,
  };
}

async function logitEffects(
  model: Model,
  sae: Sae,
  decoder: Floats,
  k: number,
): Promise<Pick<LatentResult, "promotes" | "suppresses" | "norm">> {
  const { architecture, config, memory, weights } = model;
  const weightMap = architecture.weightMap(config);
  const way = residualPath(model, sae.siteOut);
  if (!way) {
    const none = { ids: new Uint32Array(0), values: new Float32Array(0) };
    const norm = `${sae.siteOut} does not reach the residual stream by weights alone: no direct effect is shown.`;
    return { promotes: none, suppresses: none, norm };
  }
  const found = await readBack(memory, (back) => ({
    added: way.matrix
      ? back.tensor(
          linear(
            memory,
            memory.from(decoder, [1, decoder.length], "latent"),
            weights.matrix(`${way.matrix}.weight`),
          ),
        )
      : () => decoder,
    gains: [way.norm, weightMap.finalNorm].map((norm) => back.part(weights, norm?.name, "weight")),
  }));
  const [postGain, finalGain] = found.gains.map((gain) => gain());
  const added = gained(centred(found.added(), way.norm), way.norm, postGain);
  const written = gained(centred(added, weightMap.finalNorm), weightMap.finalNorm, finalGain);
  const logits = await readBack(memory, (back) =>
    back.tensor(
      linear(
        memory,
        memory.from(written, [1, written.length], "latent"),
        weights.matrix(`${weightMap.unembed}.weight`),
      ),
    ),
  );
  const effects = logits();
  const mean = effects.reduce((sum, value) => sum + value, 0) / effects.length;
  const shifted = effects.map((value) => value - mean);
  return {
    promotes: beyondZero(shifted, k, 1),
    suppresses: beyondZero(shifted, k, -1),
    norm: weightMap.finalNorm
      ? "Through the final norm's gain; its scale, which depends on the text, is left out."
      : "This model has no final norm.",
  };
}

/** Rows that are read at a time. */
const ROWS = 4096;
const knownNorms = new WeakMap<SaeWeights, Float32Array>();

/** Euclidean norm of every decoder row; computed once. */
async function decoderNorms({ memory }: Model, sae: SaeWeights, pauser: Pauser): Promise<Float32Array> {
  const known = knownNorms.get(sae);
  if (known) return known;
  const [nLatents, width] = sae.decoder.shape;
  const norms = new Float32Array(nLatents);
  for (const rows of pieces(
    Array.from({ length: nLatents }, (_, i) => i),
    ROWS,
  )) {
    await pauser.pause();
    const read = await readBack(memory, (back) =>
      back.tensor(embedding(memory, sae.decoder, memory.from(Uint32Array.from(rows), [rows.length], "rows"))),
    );
    const data = read();
    rows.forEach((latent, i) => (norms[latent] = norm2(data.subarray(i * width, (i + 1) * width))));
  }
  knownNorms.set(sae, norms);
  return norms;
}

/** By cosine; the latent itself and rows of zeros are left out. */
function nearest(
  dots: Float32Array,
  norms: Float32Array,
  latent: number,
  k: number,
): LatentResult["neighbours"] {
  const own = norms[latent] ?? 0;
  const cosines = dots.map((dot, i) => {
    const size = own * (norms[i] ?? 0);
    return i === latent || size === 0 ? -Infinity : dot / size;
  });
  const { ids, values } = extremes(cosines, Math.min(k, Math.max(1, cosines.length - 1)), 1);
  return { ids, cosines: values };
}
