/**
 * GGUF metadata as the config.json that Hugging Face has for the same model: what llama.cpp's converter wrote
 * (convert_hf_to_gguf.py in github.com/ggml-org/llama.cpp), read backwards. Fields are those of docs/gguf.md.
 */
import { VitrineError } from "../../../protocol/errors";
import type { GgufFields } from "./ggufFields";
import type { Json } from "../bytes/json";

type GgufConfig = (fields: GgufFields) => Json;

/** Fields that change a forward pass and that none of these architectures has. */
const FOREIGN_FIELDS = [
  "expert_count",
  "attention.clamp_kqv",
  "attention.max_alibi_bias",
  "attention.temperature_length",
  "logit_scale",
  "residual_scale",
  "embedding_scale",
];

function refuseForeign(fields: GgufFields, more: readonly string[] = []): void {
  for (const name of [...FOREIGN_FIELDS, ...more]) {
    const value = fields.amount(name);
    if (value !== undefined) throw unsupported(fields, name, value, "none");
  }
}

function unsupported(fields: GgufFields, name: string, value: unknown, expected: string): VitrineError {
  return new VitrineError(
    "Unsupported",
    `${fields.fileName}: ${name} is ${String(value)}; Vitrine runs this architecture with ${expected}.`,
  );
}

const sizes = (fields: GgufFields) => ({
  hidden_size: fields.size("embedding_length"),
  num_hidden_layers: fields.size("block_count"),
  num_attention_heads: fields.size("attention.head_count"),
  intermediate_size: fields.size("feed_forward_length"),
  max_position_embeddings: fields.size("context_length"),
});

function headSize(fields: GgufFields): number {
  const { hidden_size: dModel, num_attention_heads: heads } = sizes(fields);
  const dHead = fields.size("attention.key_length", Math.floor(dModel / heads));
  const value = fields.size("attention.value_length", dHead);
  if (value !== dHead) throw unsupported(fields, "attention.value_length", value, `key_length (${dHead})`);
  return dHead;
}

/** `rope_theta` and `rope_scaling`; llama.cpp's default type is linear, which without a factor is none. */
function rope(fields: GgufFields): Json {
  const theta = fields.number("rope.freq_base");
  const factor = fields.amount("rope.scaling.factor") ?? fields.amount("rope.scale_linear");
  const type = fields.text("rope.scaling.type") ?? "linear";
  const isPlain = type === "none" || (type === "linear" && (factor ?? 1) === 1);
  const original = fields.amount("rope.scaling.original_context_length");
  const scaling = {
    rope_type: type,
    ...(factor !== undefined && { factor }),
    ...(original !== undefined && { original_max_position_embeddings: original }),
  };
  return {
    ...(theta !== undefined && { rope_theta: theta }),
    rope_scaling: isPlain ? null : scaling,
  };
}

/** Grouped-query attention with rotary positions. */
function grouped(fields: GgufFields): Json {
  const common = sizes(fields);
  return {
    ...common,
    num_key_value_heads: fields.size("attention.head_count_kv", common.num_attention_heads),
    head_dim: headSize(fields),
    ...rope(fields),
  };
}

function refusePartRotation(fields: GgufFields): void {
  const dHead = headSize(fields);
  const rotary = fields.size("rope.dimension_count", dHead);
  if (rotary !== dHead)
    throw unsupported(fields, "rope.dimension_count", rotary, `the whole head (${dHead})`);
}

const rmsNormEps = (fields: GgufFields) => fields.number("attention.layer_norm_rms_epsilon") ?? 1e-6;

/** What Llama, Qwen, Gemma and OLMo have in common. */
function decoder(fields: GgufFields): Json {
  refusePartRotation(fields);
  return { ...grouped(fields), rms_norm_eps: rmsNormEps(fields) };
}

/** Scales and caps that only Gemma has. */
const GEMMA_FIELDS = ["attention.scale", "attn_logit_softcapping", "final_logit_softcapping"];

function silu(modelType: string): GgufConfig {
  return (fields) => {
    refuseForeign(fields, GEMMA_FIELDS);
    return { model_type: modelType, ...decoder(fields), hidden_act: "silu" };
  };
}

/** Mistral's files are `llama` too; only the window tells them apart. */
function llamaConfig(fields: GgufFields): Json {
  const config = silu("llama")(fields);
  const window = fields.amount("attention.sliding_window");
  return window === undefined ? config : { ...config, model_type: "mistral", sliding_window: window };
}

/** A window, where the file has one. */
function windowOf(fields: GgufFields): Json {
  const window = fields.amount("attention.sliding_window");
  return window === undefined ? {} : { sliding_window: window };
}

function gemma1Config(fields: GgufFields): Json {
  refuseForeign(fields, GEMMA_FIELDS);
  return {
    model_type: "gemma",
    ...decoder(fields),
    hidden_activation: "gelu_pytorch_tanh",
    norm_weights_include_one: true,
  };
}

/** OLMo 3 has the same name here, and windows. */
function olmo2Config(fields: GgufFields): Json {
  refuseForeign(fields, ["attention.sliding_window"]);
  return silu("olmo2")(fields);
}

/** The window of the first Phi-3 files with a context of 4,096, from before it was written into them. */
const PHI3_WINDOW = 2047;

/** The divisors of LongRoPE are tensors: ggufRopeFactors.ts. */
function phi3Config(fields: GgufFields): Json {
  refuseForeign(fields, GEMMA_FIELDS);
  const config = grouped(fields);
  const isFirst =
    fields.raw("attention.sliding_window") === undefined &&
    config["max_position_embeddings"] === 4096 &&
    [32, 40].includes(Number(config["num_hidden_layers"]));
  const original = fields.amount("rope.scaling.original_context_length");
  return {
    model_type: "phi3",
    ...config,
    rms_norm_eps: rmsNormEps(fields),
    partial_rotary_factor: rotaryShare(fields),
    hidden_act: "silu",
    ...(original !== undefined && { original_max_position_embeddings: original }),
    ...(isFirst ? { sliding_window: PHI3_WINDOW } : windowOf(fields)),
  };
}

/** Its converter leaves the window out: without one the file runs as it does in llama.cpp. */
function starcoder2Config(fields: GgufFields): Json {
  refuseForeign(fields, GEMMA_FIELDS);
  refusePartRotation(fields);
  return {
    model_type: "starcoder2",
    ...grouped(fields),
    norm_epsilon: layerNormEps(fields),
    hidden_act: "gelu_pytorch_tanh",
    ...windowOf(fields),
  };
}

/**
 * The scale of scores is not in the files: it is the head's size but for the largest model of each generation,
 * known by its layers, where it is dModel / heads (llama.cpp does the same).
 */
function gemmaConfig(modelType: string, largestLayers: number): GgufConfig {
  return (fields) => {
    refuseForeign(fields);
    const config = decoder(fields);
    const isLargest = config["num_hidden_layers"] === largestLayers;
    const scale = fields.amount("attention.scale");
    const shared = Number(config["hidden_size"]) / Number(config["num_attention_heads"]);
    const window = fields.amount("attention.sliding_window");
    const scoreCap = fields.amount("attn_logit_softcapping");
    const logitCap = fields.amount("final_logit_softcapping");
    return {
      model_type: modelType,
      ...config,
      hidden_activation: "gelu_pytorch_tanh",
      query_pre_attn_scalar: scale === undefined ? (isLargest ? shared : config["head_dim"]) : 1 / scale ** 2,
      norm_weights_include_one: true,
      ...(window !== undefined && { sliding_window: window }),
      ...(scoreCap !== undefined && { attn_logit_softcapping: scoreCap }),
      ...(logitCap !== undefined && { final_logit_softcapping: logitCap }),
    };
  };
}

function gemma3Config(fields: GgufFields): Json {
  const pattern = fields.raw("attention.sliding_window_pattern");
  return {
    // Unlike later ones, the first files had no frequency in them.
    rope_theta: 1e6,
    ...gemmaConfig("gemma3_text", 62)(fields),
    rope_local_base_freq: fields.number("rope.freq_base_swa") ?? 10_000,
    ...(Array.isArray(pattern)
      ? { layer_types: pattern.map((isLocal) => (isLocal ? "sliding_attention" : "full_attention")) }
      : { sliding_window_pattern: fields.size("attention.sliding_window_pattern", 6) }),
  };
}

/** Architectures of the GPT kind: as many key-value heads as heads. */
function gptSizes(fields: GgufFields): ReturnType<typeof sizes> {
  refuseForeign(fields, GEMMA_FIELDS);
  const config = sizes(fields);
  const heads = config.num_attention_heads;
  const kvHeads = fields.size("attention.head_count_kv", heads);
  if (kvHeads !== heads)
    throw unsupported(fields, "attention.head_count_kv", kvHeads, `head_count (${heads})`);
  return config;
}

function gpt2Config(fields: GgufFields): Json {
  const config = gptSizes(fields);
  return {
    model_type: "gpt2",
    n_embd: config.hidden_size,
    n_layer: config.num_hidden_layers,
    n_head: config.num_attention_heads,
    n_inner: config.intermediate_size,
    n_positions: config.max_position_embeddings,
    layer_norm_epsilon: layerNormEps(fields),
    activation_function: "gelu_new",
  };
}

/** SantaCoder and StarCoder. */
function starcoderConfig(fields: GgufFields): Json {
  refuseForeign(fields, GEMMA_FIELDS);
  const config = sizes(fields);
  const kvHeads = fields.size("attention.head_count_kv", config.num_attention_heads);
  // The converter writes 1, whatever the model has; files of another layout would be read wrongly.
  if (kvHeads !== 1) throw unsupported(fields, "attention.head_count_kv", kvHeads, "one (multi-query)");
  return {
    model_type: "gpt_bigcode",
    n_embd: config.hidden_size,
    n_layer: config.num_hidden_layers,
    n_head: config.num_attention_heads,
    n_inner: config.intermediate_size,
    n_positions: config.max_position_embeddings,
    multi_query: true,
    layer_norm_epsilon: layerNormEps(fields),
    activation_function: "gelu_pytorch_tanh",
  };
}

/** The files say nothing of ALiBi: llama.cpp knows the architecture by it. */
function bloomConfig(fields: GgufFields): Json {
  const { intermediate_size: dMlp, max_position_embeddings: length, ...config } = gptSizes(fields);
  const width = 4 * config.hidden_size;
  if (dMlp !== width) throw unsupported(fields, "feed_forward_length", dMlp, `4 times the width (${width})`);
  return {
    model_type: "bloom",
    ...config,
    seq_length: length,
    layer_norm_epsilon: layerNormEps(fields),
  };
}

const layerNormEps = (fields: GgufFields) => fields.number("attention.layer_norm_epsilon") ?? 1e-5;

/** The share of a head that rotates, such that share * dHead, rounded down, is `dims` again. */
function rotaryShare(fields: GgufFields): number {
  const dHead = headSize(fields);
  const dims = fields.size("rope.dimension_count", dHead);
  return Math.floor((dims / dHead) * dHead) === dims ? dims / dHead : (dims + 0.5) / dHead;
}

function gptNeoxConfig(fields: GgufFields): Json {
  const { rope_theta: theta = 10_000, rope_scaling: scaling } = rope(fields);
  return {
    model_type: "gpt_neox",
    ...gptSizes(fields),
    rotary_pct: rotaryShare(fields),
    rotary_emb_base: theta,
    rope_scaling: scaling,
    layer_norm_eps: layerNormEps(fields),
    use_parallel_residual: fields.flag("use_parallel_residual") ?? true,
    hidden_act: "gelu",
  };
}

function phiConfig(fields: GgufFields): Json {
  return {
    model_type: "phi",
    ...gptSizes(fields),
    ...rope(fields),
    partial_rotary_factor: rotaryShare(fields),
    layer_norm_eps: layerNormEps(fields),
    hidden_act: "gelu_new",
  };
}

export const GGUF_CONFIGS = {
  llama: llamaConfig,
  qwen2: silu("qwen2"),
  qwen3: silu("qwen3"),
  gemma: gemma1Config,
  gemma2: gemmaConfig("gemma2", 46),
  gemma3: gemma3Config,
  gpt2: gpt2Config,
  starcoder: starcoderConfig,
  bloom: bloomConfig,
  gptneox: gptNeoxConfig,
  phi2: phiConfig,
  phi3: phi3Config,
  olmo2: olmo2Config,
  starcoder2: starcoder2Config,
} as const satisfies Record<string, GgufConfig>;

export type GgufArchitecture = keyof typeof GGUF_CONFIGS;
