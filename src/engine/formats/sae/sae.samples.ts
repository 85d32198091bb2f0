/**
 * One tiny autoencoder, 4 latents of 3, in every layout and variant. Its numbers are exact in every float type, so that
 * what comes of it can be worked out by hand (`layouts.test.ts`).
 */
import { f4, f8, sampleNpz, type SampleArray } from "../bytes/npz.samples";
import { fileFromBytes, type ByteFile, type FileSet } from "../bytes/source";
import { sampleCheckpoint, type SampleTensor, type SampleValue } from "../torch/stateDict.samples";
import { writeSafetensors, type TensorToWrite } from "../writeSafetensors";

export const [D, N] = [3, 4];

type Rows = readonly (readonly number[])[];

/** By latent. */
export const ENCODER: Rows = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 2],
  [1, 1, 1],
];
export const DECODER: Rows = [
  [1, 0, 0],
  [0, 2, 0],
  [0, 0, 1],
  [0.5, 0.5, 0],
];
export const ENCODER_BIAS = [0, 0.5, -1, 0];
export const DECODER_BIAS = [0.25, -0.5, 1];
/** Minus the decoder's bias: [1, 1, 2]. */
export const X = [1.25, 0.5, 3];

const transposed = (rows: Rows): Rows => (rows[0] ?? []).map((_, c) => rows.map((row) => row[c] ?? 0));

export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const matrix = (name: string, rows: Rows): Named => ({
  name,
  shape: [rows.length, rows[0]?.length ?? 0],
  values: rows.flat(),
});
export const vector = (name: string, values: readonly number[]): Named => ({
  name,
  shape: [values.length],
  values,
});
export const scalar = (name: string, value: number): Named => ({ name, shape: [], values: [value] });

export function safetensors(name: string, tensors: readonly Named[]): ByteFile {
  const all = tensors.map(({ values, ...rest }): TensorToWrite => ({
    ...rest,
    data: Float32Array.from(values),
  }));
  return fileFromBytes(name, writeSafetensors(all));
}

export const json = (name: string, value: unknown) =>
  fileFromBytes(name, new TextEncoder().encode(JSON.stringify(value)));

// ── SAELens ─────────────────────────────────────────────────────────────────────────────────────────────────

export const SAELENS_WEIGHTS: readonly Named[] = [
  matrix("W_enc", transposed(ENCODER)),
  vector("b_enc", ENCODER_BIAS),
  matrix("W_dec", DECODER),
  vector("b_dec", DECODER_BIAS),
];
export const GATED_WEIGHTS: readonly Named[] = [
  ...SAELENS_WEIGHTS.filter(({ name }) => name !== "b_enc"),
  vector("b_gate", [-1, 0, -4, 0]),
  vector("r_mag", [0, 0, 0, Math.log(2)]),
  vector("b_mag", [0, -0.5, 0, 1]),
];
export const NEW_CFG = {
  ...{ architecture: "standard", d_in: D, d_sae: N, dtype: "float32", device: "cpu" },
  ...{ apply_b_dec_to_input: true, normalize_activations: "none", reshape_activations: "none" },
  metadata: {
    ...{ sae_lens_version: "6.0.0", model_name: "gpt2-small", hook_name: "blocks.8.hook_resid_pre" },
    ...{ hook_head_index: null, prepend_bos: true, context_size: 128 },
  },
};
export const TRANSCODER_CFG = {
  ...NEW_CFG,
  ...{ architecture: "transcoder", d_out: 3, apply_b_dec_to_input: false },
  metadata: {
    ...NEW_CFG.metadata,
    ...{ hook_name: "blocks.8.ln2.hook_normalized", hook_name_out: "blocks.8.hook_mlp_out" },
  },
};
export const OLD_CFG = {
  ...{ model_name: "gpt2-small", hook_point: "blocks.8.hook_resid_pre", hook_point_layer: 8 },
  ...{ hook_point_head_index: null, d_in: D, d_sae: N, dtype: "torch.float32", context_size: 128 },
};

export function saeLens(
  cfg: object,
  tensors = SAELENS_WEIGHTS,
  folder = "gpt2/blocks.8.hook_resid_pre",
): FileSet {
  return [json(`${folder}/cfg.json`, cfg), safetensors(`${folder}/sae_weights.safetensors`, tensors)];
}

// ── Gemma Scope ─────────────────────────────────────────────────────────────────────────────────────────────

export const THRESHOLD = [1.25, 0.5, 0, 5];
export const GEMMA_PATH = "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz";

export interface NpzOptions {
  readonly path?: string;
  readonly type?: "<f4" | "<f8";
  readonly deflate?: boolean;
  /** Matrices column by column. */
  readonly isFortran?: boolean;
}

export function gemmaScope({
  path = GEMMA_PATH,
  type = "<f4",
  deflate = false,
  isFortran = false,
}: NpzOptions = {}) {
  const bytes = type === "<f4" ? f4 : f8;
  const array = ({ name, shape, values }: Named): SampleArray => {
    const [rows = 0, cols = 0] = shape;
    const isMatrix = shape.length === 2 && isFortran;
    const laid = isMatrix
      ? values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)] ?? 0)
      : values;
    return { name, shape, bytes: bytes(laid), descr: type, deflate, isFortran: isMatrix };
  };
  return [sampleNpz(path, [...SAELENS_WEIGHTS, vector("threshold", THRESHOLD)].map(array))];
}

// ── sparsify ────────────────────────────────────────────────────────────────────────────────────────────────

export const SPARSIFY_CFG = {
  ...{ activation: "topk", expansion_factor: 32, normalize_decoder: true, num_latents: N, k: 2 },
  ...{ multi_topk: false, skip_connection: false, transcode: false, d_in: D },
};
export const SPARSIFY_WEIGHTS: readonly Named[] = [
  matrix("encoder.weight", ENCODER),
  vector("encoder.bias", ENCODER_BIAS),
  matrix("W_dec", DECODER),
  vector("b_dec", DECODER_BIAS),
];
/** [dOut, dIn]. */
export const SKIP: Rows = [
  [1, 0, 0],
  [0, 0, 1],
  [0, -1, 0],
];

export function sparsify(
  cfg: object = SPARSIFY_CFG,
  tensors = SPARSIFY_WEIGHTS,
  folder = "sae-pythia/layers.5",
): FileSet {
  return [json(`${folder}/cfg.json`, cfg), safetensors(`${folder}/sae.safetensors`, tensors)];
}

// ── torch ───────────────────────────────────────────────────────────────────────────────────────────────────

type Dict = Record<string, SampleValue>;

const tensor = ({ shape, values }: Named, type: SampleTensor["type"] = "float"): SampleTensor => ({
  shape,
  values,
  type,
});

export const OPENAI_PATH = "gpt2-small/resid_post_mlp_v5_32k/autoencoders/8.pt";

export function openAi(changes: Dict = {}, path = OPENAI_PATH): FileSet {
  const dict: Dict = {
    pre_bias: tensor(vector("", DECODER_BIAS)),
    latent_bias: tensor(vector("", ENCODER_BIAS)),
    stats_last_nonzero: tensor(vector("", [0, 7, 0, 0]), "long"),
    latents_activation_frequency: tensor(vector("", [1, 1, 1, 1])),
    "encoder.weight": tensor(matrix("", ENCODER)),
    "decoder.weight": tensor(matrix("", transposed(DECODER))),
    activation: "TopK",
    activation_state_dict: { k: 2, postact_fn: "ReLU" },
    ...changes,
  };
  return [sampleCheckpoint(path, dict)];
}

/** Weights of each class of dictionary_learning, by the names that it gives them. */
const linears: Dict = {
  "encoder.weight": tensor(matrix("", ENCODER), "half"),
  "encoder.bias": tensor(vector("", ENCODER_BIAS)),
  "decoder.weight": tensor(matrix("", transposed(DECODER))),
};
const bDec: Dict = { b_dec: tensor(vector("", DECODER_BIAS)) };
const crossed: Dict = {
  // As the class makes it: the transposed of the decoder, without a copy.
  W_enc: { ...tensor(matrix("", transposed(ENCODER))), columns: true },
  b_enc: tensor(vector("", ENCODER_BIAS)),
  W_dec: tensor(matrix("", DECODER)),
  ...bDec,
};
const topK: Dict = {
  ...linears,
  ...bDec,
  k: tensor(scalar("", 2), "int"),
  threshold: tensor(scalar("", -1)),
};

export const DICTIONARIES: Readonly<Record<string, Dict>> = {
  AutoEncoder: { bias: tensor(vector("", DECODER_BIAS)), ...linears },
  AutoEncoderNew: { ...linears, "decoder.bias": tensor(vector("", DECODER_BIAS)) },
  GatedAutoEncoder: {
    decoder_bias: tensor(vector("", DECODER_BIAS)),
    ...{ "encoder.weight": linears["encoder.weight"] ?? 0, "decoder.weight": linears["decoder.weight"] ?? 0 },
    r_mag: tensor(vector("", [0, 0, 0, Math.log(2)])),
    gate_bias: tensor(vector("", [-1, 0, -4, 0])),
    mag_bias: tensor(vector("", [0, -0.5, 0, 1])),
  },
  AutoEncoderTopK: topK,
  BatchTopKSAE: { ...topK, threshold: tensor(scalar("", 1.5)) },
  MatryoshkaBatchTopKSAE: {
    ...{ ...crossed, k: tensor(scalar("", 2), "int"), threshold: tensor(scalar("", 1.5)) },
    group_sizes: tensor(vector("", [1, 3]), "long"),
  },
  JumpReluAutoEncoder: { ...crossed, threshold: tensor(vector("", [0.5, 1, 0, 5])) },
};

export function dictionaryLearning(
  dictClass: string,
  trainer: object = {},
  dict = DICTIONARIES[dictClass] ?? {},
): FileSet {
  const config = {
    trainer: {
      ...{
        dict_class: dictClass,
        activation_dim: D,
        dict_size: N,
        layer: 8,
        lm_name: "EleutherAI/pythia-70m",
      },
      ...{ submodule_name: "resid_post_layer_8", ...(/TopK/.test(dictClass) ? { k: 2 } : {}), ...trainer },
    },
    buffer: { ctx_len: 128, io: "out" },
  };
  return [json("pythia/trainer_0/config.json", config), sampleCheckpoint("pythia/trainer_0/ae.pt", dict)];
}

/** One of each layout, as they might lie in one folder. */
export const oneOfEach = (): FileSet => [
  ...saeLens(NEW_CFG),
  ...gemmaScope({ deflate: true }),
  ...sparsify(),
  ...openAi(),
  ...dictionaryLearning("MatryoshkaBatchTopKSAE"),
];
