/**
 * circuit-tracer (github.com/safety-research/circuit-tracer), cross-layer transcoders (Ameisen et al. 2025, "Circuit
 * tracing"): two files for every layer i of the model's L, and one config.yaml. A latent of layer i reads that layer and
 * writes to the MLPs of the layers i … L − 1, so each layer is read as one dictionary that writes several sites:
 *
 *   W_enc_{i}.safetensors   W_enc_{i} [nLatents, dIn]   b_enc_{i} [nLatents]   b_dec_{i} [dOut]   threshold_{i} [nLatents]
 *   W_dec_{i}.safetensors   W_dec_{i} [nLatents, L − i, dOut]
 *
 *   MLP output of layer l = b_dec_{l} + Σ over i ≤ l of latents_i · W_dec_{i}[:, l − i]
 *
 * b_dec_{i} belongs to the layer that is written, and is added once.
 */
import { VitrineError } from "../../../../protocol/errors";
import type { Config, Place } from "../place";
import type { FoundSae } from "../saeFile";
import { PERHAPS_NO_GAIN } from "../saeLens";
import type { TensorShelf } from "../saeTensors";
import { KEEPS_FIRST, siteOf } from "./circuitTracer";

/** Layers that a latent may write to. */
const MAX_LAYERS = 256;

const PART = /^W_(enc|dec)_(\d{1,4})$/;
/** By the name of a file. */
export const isDecoderPart = (baseName: string) => /^W_dec_\d{1,4}\.safetensors$/.test(baseName);

export interface LayerPart {
  readonly is: "encoder" | "decoder";
  readonly layer: number;
}

/** The part of a cross-layer transcoder that a file with these tensors is. */
export function partOfTensors(names: Iterable<string>): LayerPart | undefined {
  for (const name of names) {
    const [, which, layer] = PART.exec(name) ?? [];
    if (layer !== undefined) return { is: which === "enc" ? "encoder" : "decoder", layer: Number(layer) };
  }
  return undefined;
}

const encoderFile = (layer: number) => `W_enc_${layer}.safetensors`;
const decoderFile = (layer: number) => `W_dec_${layer}.safetensors`;

/** The other file of a layer; without it neither can be used. */
export function otherFile({ file, beside }: Place, { is, layer }: LayerPart) {
  const name = is === "encoder" ? decoderFile(layer) : encoderFile(layer);
  return beside(name) ?? missing(name, file.name, `which holds the ${is} of layer ${layer} alone`);
}

/** `encoder`, `decoder`: tensors of the two files of this layer. */
export function readCrossLayer(
  place: Place,
  layer: number,
  { fields: cfg }: Pick<Config, "fields">,
  encoder: TensorShelf,
  decoder: TensorShelf,
): Omit<FoundSae, "files"> {
  cfg.mustBe(
    "model_kind",
    "cross_layer_transcoder",
    "but the file beside it is one layer of a cross_layer_transcoder",
  );
  const [wEnc, wDec] = [`W_enc_${layer}`, `W_dec_${layer}`];
  const { width: dIn, nLatents } = encoder.sizes(wEnc, true);
  const { many, width: dOut, matrices } = decoder.stack(wDec, nLatents, MAX_LAYERS);
  checkSet(place, layer, layer + many);
  const [own, later] = matrices;
  refuseSkip(encoder, layer);
  const threshold = `threshold_${layer}`;
  const hasThreshold = encoder.has(threshold);
  const tensors = {
    encoder: encoder.matrix(wEnc, [nLatents, dIn]),
    encoderBias: encoder.vector(`b_enc_${layer}`, nLatents),
    decoder: own,
    ...(later ? { laterDecoder: later } : {}),
    decoderBias: encoder.vector(`b_dec_${layer}`, dOut),
    ...(hasThreshold ? { threshold: encoder.vector(threshold, nLatents) } : {}),
  };
  const modelName = cfg.text("model_name");
  const siteIn = siteOf(cfg, "feature_input_hook", layer);
  const writes = Array.from({ length: many }, (_, j) => siteOf(cfg, "feature_output_hook", layer + j));
  const isNormalized = cfg.text("feature_input_hook") === "ln2.hook_normalized";
  return {
    about: {
      ...{ name: place.name, layout: "circuit-tracer", activation: hasThreshold ? "jumprelu" : "relu" },
      ...{ dIn, dOut, nLatents, siteIn, siteOut: writes[0], writes, input: { scheme: "none" } },
      ...{ prefixes: [], hasSkip: false },
      ...(modelName === undefined ? {} : { modelName }),
    },
    tensors,
    notes: [
      `A part of a cross-layer transcoder of ${layer + many} layers: attribution graphs take all its parts together.`,
      ...[KEEPS_FIRST, ...(isNormalized ? [PERHAPS_NO_GAIN] : [])],
    ],
  };
}

/** The graph needs every layer, so a set with a gap is told where it is opened. */
function checkSet({ file, beside }: Place, layer: number, layers: number): void {
  const why = `whose W_dec_${layer} makes it one of ${layers} layers`;
  for (let other = 0; other < layers; other++)
    for (const name of [encoderFile(other), decoderFile(other)])
      if (!beside(name)) missing(name, file.name, why);
  const more = [encoderFile(layers), decoderFile(layers)].find(beside);
  if (more !== undefined)
    throw new VitrineError(
      "BadFile",
      `${file.name}: lies beside ${more}, but its W_dec_${layer} makes it one of ${layers} layers; keep the files of one transcoder in a folder.`,
    );
}

function refuseSkip(shelf: TensorShelf, layer: number): void {
  const skip = [`W_skip_${layer}`, "W_skip"].find((name) => shelf.has(name));
  if (skip === undefined) return;
  throw new VitrineError(
    "Unsupported",
    `${shelf.fileName}: a cross-layer transcoder in this layout has no tensor ${skip}; what it would do is unknown: choose one without a skip path.`,
  );
}

function missing(name: string, beside: string, why: string): never {
  throw new VitrineError(
    "BadFile",
    `${name} not found beside ${beside}, ${why}: drop the folder with all its files.`,
  );
}
