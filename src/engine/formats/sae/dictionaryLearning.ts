/**
 * dictionary_learning (github.com/saprmarks/dictionary_learning): ae.pt, a state dict, and config.json, whose trainer names
 * the class. Gated and JumpReLU latents are in units of their decoder columns' norms. BatchTopK works by the threshold
 * that training has left; where it has left none (-1), every token keeps its own k largest.
 */
import type { SaeActivation } from "../../../protocol/sae/sae";
import type { ConfigFields } from "./configFields";
import { inDecoderNorms, mapVector } from "./derivedTensors";
import type { FoundSae, SaeTensors, SaeVector } from "./saeFile";
import type { TensorShelf } from "./saeTensors";
import { bothSites, siteOfHook, siteOfSubmodule } from "./sites";

interface Parts {
  readonly activation: SaeActivation;
  readonly tensors: SaeTensors;
  readonly k?: number;
  readonly prefixes?: readonly number[];
  readonly notes?: readonly string[];
}

interface Source {
  readonly shelf: TensorShelf;
  readonly trainer: ConfigFields;
  readonly dIn: number;
  readonly nLatents: number;
}

const CLASSES: Readonly<Record<string, (source: Source) => Parts | Promise<Parts>>> = {
  AutoEncoder: (source) => ({ activation: "relu", tensors: centred(source, weightsOf(source)) }),
  AutoEncoderNew: (source) => ({
    activation: "relu",
    tensors: { ...linear(source), decoderBias: source.shelf.vector("decoder.bias", source.dIn) },
  }),
  GatedAutoEncoder: gated,
  AutoEncoderTopK: async (source) => {
    // What the threshold would be for; the class itself does not use it.
    source.shelf.ignore("threshold");
    return { activation: "topk", tensors: centred(source, weightsOf(source)), k: await kOf(source) };
  },
  BatchTopKSAE: (source) => batchTopK(source, weightsOf(source)),
  MatryoshkaBatchTopKSAE: async (source) => ({
    ...(await batchTopK(source, crossed(source))),
    prefixes: await prefixesOf(source),
  }),
  JumpReluAutoEncoder: (source) => {
    const { shelf, dIn, nLatents } = source;
    const tensors = {
      ...crossed(source),
      decoderBias: shelf.vector("b_dec", dIn),
      threshold: shelf.vector("threshold", nLatents),
    };
    return { activation: "jumprelu", tensors: inDecoderNorms(tensors) };
  },
};

/** "<class 'dictionary_learning.…AutoEncoder'>" → "AutoEncoder". */
const plainClass = (className: string) => /(\w+)'>$/.exec(className)?.[1] ?? className;

export async function readDictionaryLearning(
  name: string,
  cfg: ConfigFields,
  shelf: TensorShelf,
): Promise<Omit<FoundSae, "files">> {
  const trainer = cfg.object("trainer");
  const className = trainer.text("dict_class");
  if (className === undefined)
    throw cfg.missing(
      "trainer.dict_class",
      "so what the weights mean is unknown; use the config.json that was saved with them",
    );
  const plain = plainClass(className);
  const read = Object.hasOwn(CLASSES, plain) ? CLASSES[plain] : undefined;
  if (!read)
    throw cfg.unsupported("trainer.dict_class", className, `known: ${Object.keys(CLASSES).join(", ")}`);
  const isLinear = shelf.has("encoder.weight");
  const weight = isLinear ? "encoder.weight" : "W_enc";
  const { width: dIn, nLatents } = shelf.sizes(weight, isLinear);
  trainer.agree("activation_dim", trainer.size("activation_dim"), dIn, weight);
  trainer.agree("dict_size", trainer.size("dict_size"), nLatents, weight);
  const { activation, tensors, k, prefixes = [], notes = [] } = await read({ shelf, trainer, dIn, nLatents });
  shelf.finish(plain);
  const modelName = trainer.text("lm_name");
  const contextSize = cfg.object("buffer").size("ctx_len");
  const layer = trainer.value("layer") === 0 ? 0 : trainer.size("layer");
  return {
    about: {
      ...{ name, layout: "dictionary_learning", activation, dIn, dOut: dIn, nLatents },
      ...(k === undefined ? {} : { k }),
      ...bothSites(
        siteOfHook(trainer.text("hook_name")) ?? siteOfSubmodule(trainer.text("submodule_name"), layer),
      ),
      ...{ input: { scheme: "none" }, prefixes, hasSkip: false },
      ...(modelName === undefined ? {} : { modelName }),
      ...(contextSize === undefined ? {} : { contextSize }),
    },
    tensors,
    notes,
  };
}

type Weights = Pick<SaeTensors, "encoder" | "encoderBias" | "decoder">;

/** Of two torch Linears. */
function linear({ shelf, dIn, nLatents }: Source): Weights {
  return {
    encoder: shelf.matrix("encoder.weight", [nLatents, dIn]),
    encoderBias: shelf.vector("encoder.bias", nLatents),
    decoder: shelf.matrix("decoder.weight", [nLatents, dIn], true),
  };
}

/** W_enc [dIn, nLatents], W_dec [nLatents, dIn]. */
function crossed({ shelf, dIn, nLatents }: Source): Weights {
  return {
    encoder: shelf.matrix("W_enc", [nLatents, dIn], true),
    encoderBias: shelf.vector("b_enc", nLatents),
    decoder: shelf.matrix("W_dec", [nLatents, dIn]),
  };
}

/** Scripts after its example may store the weights of one class under the names of another. */
const weightsOf = (source: Source): Weights =>
  source.shelf.has("encoder.weight") ? linear(source) : crossed(source);

/** Names of the bias that is taken off before encoding and added after decoding. */
const CENTRES = ["b_dec", "bias", "pre_bias"];

function centred({ shelf, dIn }: Source, weights: Weights): SaeTensors {
  const bias = shelf.vector(CENTRES.find((name) => shelf.has(name)) ?? "b_dec", dIn);
  return { ...weights, decoderBias: bias, inputBias: bias };
}

function gated({ shelf, dIn, nLatents }: Source): Parts {
  const bias = shelf.vector("decoder_bias", dIn);
  const latents = (name: string): SaeVector => shelf.vector(name, nLatents);
  const tensors: SaeTensors = {
    encoder: shelf.matrix("encoder.weight", [nLatents, dIn]),
    decoder: shelf.matrix("decoder.weight", [nLatents, dIn], true),
    decoderBias: bias,
    inputBias: bias,
    gate: {
      gateBias: latents("gate_bias"),
      magnitudeScale: mapVector(latents("r_mag"), Math.exp),
      magnitudeBias: latents("mag_bias"),
    },
  };
  return { activation: "gated", tensors: inDecoderNorms(tensors) };
}

async function batchTopK(source: Source, weights: Weights): Promise<Parts> {
  const { shelf, nLatents } = source;
  const tensors = centred(source, weights);
  const k = await kOf(source);
  const [threshold = -1] = shelf.has("threshold") ? await shelf.numbers("threshold") : [];
  if (threshold >= 0) {
    const same = shelf.vector("threshold", nLatents, true);
    return { activation: "batchtopk", tensors: { ...tensors, threshold: same }, k };
  }
  const notes = ["BatchTopK without a threshold: every token keeps its own k largest latents."];
  return { activation: "topk", tensors, k, notes };
}

async function kOf({ shelf, trainer, nLatents }: Source): Promise<number> {
  const [inWeights] = shelf.has("k") ? await shelf.numbers("k") : [];
  const inConfig = trainer.size("k");
  if (inWeights !== undefined) trainer.agree("k", inConfig, inWeights, "k of the weights");
  const k = inWeights ?? inConfig;
  if (k === undefined) throw trainer.missing("trainer.k", "which TopK needs; add how many latents it keeps");
  if (Number.isInteger(k) && k >= 1 && k <= nLatents) return k;
  throw trainer.bad("k", k, `expected 1 to ${nLatents}`);
}

/** Groups of latents that follow one another; the first of them, the first two … are autoencoders by themselves. */
async function prefixesOf({ shelf, trainer, nLatents }: Source): Promise<readonly number[]> {
  const groups = shelf.has("group_sizes") ? await shelf.numbers("group_sizes") : trainer.sizes("group_sizes");
  let end = 0;
  const ends = groups.map((size) => (end += size));
  const areSizes = groups.every((size) => Number.isInteger(size) && size > 0);
  if (areSizes && end === nLatents) return ends;
  throw trainer.bad("group_sizes", groups, `expected sizes above 0 that add up to ${nLatents}`);
}
