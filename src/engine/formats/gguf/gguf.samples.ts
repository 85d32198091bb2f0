/** Tiny GGUF models of every architecture for tests: 2 layers, 2 heads of 4, 5 tokens. */
import type { GgufArchitecture } from "./ggufConfigs";
import type { GgufValue } from "./ggufCursor";
import { writeGguf, type GgufTensorToWrite, type TypedValue } from "./writeGguf";

const [LAYERS, HEADS, D_HEAD, D_MODEL, D_MLP, VOCAB, CONTEXT] = [2, 2, 4, 8, 12, 5, 16];

type Shapes = Readonly<Record<string, readonly number[]>>;

/** Of one layer; matrices as [out, in]. `kv`: the rows of keys and of values. */
const attention = (kv: number): Shapes => ({
  "attn_q.weight": [D_MODEL, D_MODEL],
  "attn_k.weight": [kv, D_MODEL],
  "attn_v.weight": [kv, D_MODEL],
  "attn_output.weight": [D_MODEL, D_MODEL],
});
const NORMS: Shapes = { "attn_norm.weight": [D_MODEL], "ffn_norm.weight": [D_MODEL] };
const GATED: Shapes = {
  ...{ "ffn_gate.weight": [D_MLP, D_MODEL], "ffn_up.weight": [D_MLP, D_MODEL] },
  "ffn_down.weight": [D_MODEL, D_MLP],
};
const HEAD_NORMS: Shapes = { "attn_q_norm.weight": [D_HEAD], "attn_k_norm.weight": [D_HEAD] };
const POST_NORMS: Shapes = { "post_attention_norm.weight": [D_MODEL], "post_ffw_norm.weight": [D_MODEL] };
const QKV_BIASES: Shapes = { "attn_q.bias": [D_MODEL], "attn_k.bias": [D_HEAD], "attn_v.bias": [D_HEAD] };
const MLP: Shapes = {
  ...{ "ffn_up.weight": [D_MLP, D_MODEL], "ffn_up.bias": [D_MLP] },
  ...{ "ffn_down.weight": [D_MODEL, D_MLP], "ffn_down.bias": [D_MODEL] },
};
const FUSED: Shapes = {
  ...{ "attn_norm.weight": [D_MODEL], "attn_norm.bias": [D_MODEL] },
  ...{ "attn_qkv.weight": [3 * D_MODEL, D_MODEL], "attn_qkv.bias": [3 * D_MODEL] },
  ...{ "attn_output.weight": [D_MODEL, D_MODEL], "attn_output.bias": [D_MODEL] },
};
const PHI3: Shapes = {
  ...{ "attn_qkv.weight": [2 * D_MODEL, D_MODEL], "attn_output.weight": [D_MODEL, D_MODEL] },
  ...{ "ffn_up.weight": [2 * D_MLP, D_MODEL], "ffn_down.weight": [D_MODEL, D_MLP] },
};
const WHOLE_NORMS: Shapes = { "attn_q_norm.weight": [D_MODEL], "attn_k_norm.weight": [D_HEAD] };
const NORM_BIASES: Shapes = { "attn_norm.bias": [D_MODEL], "ffn_norm.bias": [D_MODEL] };
const SECOND_NORM: Shapes = { "ffn_norm.weight": [D_MODEL], "ffn_norm.bias": [D_MODEL] };

const LAYER: Readonly<Record<GgufArchitecture, Shapes>> = {
  llama: { ...NORMS, ...attention(D_HEAD), ...GATED },
  qwen2: { ...NORMS, ...attention(D_HEAD), ...QKV_BIASES, ...GATED },
  qwen3: { ...NORMS, ...attention(D_HEAD), ...HEAD_NORMS, ...GATED },
  gemma: { ...NORMS, ...attention(D_HEAD), ...GATED },
  gemma2: { ...NORMS, ...POST_NORMS, ...attention(D_HEAD), ...GATED },
  gemma3: { ...NORMS, ...POST_NORMS, ...HEAD_NORMS, ...attention(D_HEAD), ...GATED },
  gpt2: { ...FUSED, ...SECOND_NORM, ...MLP },
  starcoder: {
    ...{ ...FUSED, ...SECOND_NORM, ...MLP },
    ...{ "attn_qkv.weight": [D_MODEL + 2 * D_HEAD, D_MODEL], "attn_qkv.bias": [D_MODEL + 2 * D_HEAD] },
  },
  bloom: {
    ...{ ...FUSED, ...SECOND_NORM },
    ...{ "ffn_up.weight": [4 * D_MODEL, D_MODEL], "ffn_up.bias": [4 * D_MODEL] },
    ...{ "ffn_down.weight": [D_MODEL, 4 * D_MODEL], "ffn_down.bias": [D_MODEL] },
  },
  gptneox: { ...FUSED, ...SECOND_NORM, ...MLP },
  phi2: { ...FUSED, ...MLP },
  phi3: { ...NORMS, ...PHI3 },
  olmo2: { ...POST_NORMS, ...WHOLE_NORMS, ...attention(D_HEAD), ...GATED },
  starcoder2: {
    ...{ ...NORMS, ...NORM_BIASES, ...attention(D_HEAD), ...QKV_BIASES, ...MLP },
    "attn_output.bias": [D_MODEL],
  },
};
const EMBEDDING: Shapes = { "token_embd.weight": [VOCAB, D_MODEL], "output_norm.weight": [D_MODEL] };
const UNEMBEDDING: Shapes = { "output.weight": [VOCAB, D_MODEL] };
const NORM_BIAS: Shapes = { "output_norm.bias": [D_MODEL] };
const OUTSIDE: Readonly<Record<GgufArchitecture, Shapes>> = {
  llama: { ...EMBEDDING, ...UNEMBEDDING },
  qwen2: EMBEDDING,
  qwen3: EMBEDDING,
  gemma: EMBEDDING,
  gemma2: EMBEDDING,
  gemma3: EMBEDDING,
  gpt2: { ...EMBEDDING, ...NORM_BIAS, "position_embd.weight": [CONTEXT, D_MODEL] },
  starcoder: { ...EMBEDDING, ...NORM_BIAS, "position_embd.weight": [CONTEXT, D_MODEL] },
  bloom: {
    ...{ ...EMBEDDING, ...NORM_BIAS },
    ...{ "token_embd_norm.weight": [D_MODEL], "token_embd_norm.bias": [D_MODEL] },
  },
  gptneox: { ...EMBEDDING, ...NORM_BIAS, ...UNEMBEDDING },
  phi2: { ...EMBEDDING, ...NORM_BIAS, ...UNEMBEDDING, "output.bias": [VOCAB] },
  phi3: { ...EMBEDDING, ...UNEMBEDDING },
  olmo2: { ...EMBEDDING, ...UNEMBEDDING },
  starcoder2: { ...EMBEDDING, ...NORM_BIAS },
};

function f32(name: string, shape: readonly number[]): GgufTensorToWrite {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: size }, (_, i) => i);
  return { name, shape, dtype: "F32", bytes: new Uint8Array(values.buffer) };
}

/** The values of each tensor count from 0. `tensors` are added, or replace those of the same name. */
export function tinyGguf(
  architecture: GgufArchitecture,
  metadata: Readonly<Record<string, GgufValue | TypedValue>> = {},
  tensors: Shapes = {},
): Uint8Array<ArrayBuffer> {
  const layers = Array.from({ length: LAYERS }, (_, i) =>
    Object.entries(LAYER[architecture]).map(([name, shape]) => [`blk.${i}.${name}`, shape] as const),
  );
  const shapes = { ...OUTSIDE[architecture], ...Object.fromEntries(layers.flat()), ...tensors };
  const isGpt = ["gpt2", "gptneox", "phi2", "starcoder", "bloom"].includes(architecture);
  const eps = isGpt || architecture === "starcoder2" ? "layer_norm_epsilon" : "layer_norm_rms_epsilon";
  return writeGguf({
    metadata: {
      "general.architecture": architecture,
      [`${architecture}.block_count`]: LAYERS,
      [`${architecture}.context_length`]: CONTEXT,
      [`${architecture}.embedding_length`]: D_MODEL,
      [`${architecture}.feed_forward_length`]: architecture === "bloom" ? 4 * D_MODEL : D_MLP,
      [`${architecture}.attention.head_count`]: HEADS,
      ...(isGpt && architecture !== "starcoder" ? {} : { [`${architecture}.attention.head_count_kv`]: 1 }),
      [`${architecture}.attention.${eps}`]: 1e-5,
      ...metadata,
    },
    tensors: Object.entries(shapes).map(([name, shape]) => f32(name, shape)),
  });
}
