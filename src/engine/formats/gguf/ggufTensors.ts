/**
 * The tensors of GGUF files under their Hugging Face names, and in Hugging Face's arrangement where llama.cpp's
 * converter has another (convert_hf_to_gguf.py and gguf-py/gguf/tensor_mapping.py in github.com/ggml-org/llama.cpp):
 * `llama` has the rows of queries and keys in rotary pairs, `gpt2` has Conv1D matrices turned, `gptneox` and `bloom`
 * have queries, keys and values one after the other.
 */
import { VitrineError } from "../../../protocol/errors";
import type { GgufArchitecture } from "./ggufConfigs";
import type { Json } from "../bytes/json";
import type { StoredTensor } from "../storedModel";
import { reorderedFile } from "../bytes/reorderedFile";
import type { TensorEntry } from "../safetensors";
import type { ByteFile } from "../bytes/source";

type NamedTensor = readonly [string, StoredTensor];

interface GgufTensors {
  /** The file's names → Hugging Face's, both without ".weight" and ".bias"; {i} is the layer. */
  readonly names: Readonly<Record<string, string>>;
  /** A tensor under its Hugging Face name → what Hugging Face would have there. */
  readonly restore?: (tensor: NamedTensor, config: Json) => readonly NamedTensor[];
}

const OUTER_NAMES = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};
const NORM_NAMES = {
  attn_norm: "model.layers.{i}.input_layernorm",
  ffn_norm: "model.layers.{i}.post_attention_layernorm",
};
const ATTENTION_NAMES = {
  attn_q: "model.layers.{i}.self_attn.q_proj",
  attn_k: "model.layers.{i}.self_attn.k_proj",
  attn_v: "model.layers.{i}.self_attn.v_proj",
  attn_output: "model.layers.{i}.self_attn.o_proj",
};
const GATED_NAMES = {
  ffn_gate: "model.layers.{i}.mlp.gate_proj",
  ffn_up: "model.layers.{i}.mlp.up_proj",
  ffn_down: "model.layers.{i}.mlp.down_proj",
};
const HEAD_NORM_NAMES = {
  attn_q_norm: "model.layers.{i}.self_attn.q_norm",
  attn_k_norm: "model.layers.{i}.self_attn.k_norm",
};
const LLAMA_NAMES = { ...OUTER_NAMES, ...NORM_NAMES, ...ATTENTION_NAMES, ...GATED_NAMES };
const PHI3_NAMES = {
  ...OUTER_NAMES,
  ...NORM_NAMES,
  attn_qkv: "model.layers.{i}.self_attn.qkv_proj",
  attn_output: "model.layers.{i}.self_attn.o_proj",
  ffn_up: "model.layers.{i}.mlp.gate_up_proj",
  ffn_down: "model.layers.{i}.mlp.down_proj",
};
const OLMO2_NAMES = {
  ...OUTER_NAMES,
  ...ATTENTION_NAMES,
  ...HEAD_NORM_NAMES,
  ...GATED_NAMES,
  post_attention_norm: "model.layers.{i}.post_attention_layernorm",
  post_ffw_norm: "model.layers.{i}.post_feedforward_layernorm",
};
const STARCODER2_NAMES = {
  ...OUTER_NAMES,
  ...NORM_NAMES,
  ...ATTENTION_NAMES,
  ffn_up: "model.layers.{i}.mlp.c_fc",
  ffn_down: "model.layers.{i}.mlp.c_proj",
};
const GEMMA_NAMES = {
  ...LLAMA_NAMES,
  post_attention_norm: "model.layers.{i}.post_attention_layernorm",
  ffn_norm: "model.layers.{i}.pre_feedforward_layernorm",
  post_ffw_norm: "model.layers.{i}.post_feedforward_layernorm",
};
const GPT2_NAMES = {
  token_embd: "transformer.wte",
  position_embd: "transformer.wpe",
  output_norm: "transformer.ln_f",
  output: "lm_head",
  attn_norm: "transformer.h.{i}.ln_1",
  attn_qkv: "transformer.h.{i}.attn.c_attn",
  attn_output: "transformer.h.{i}.attn.c_proj",
  ffn_norm: "transformer.h.{i}.ln_2",
  ffn_up: "transformer.h.{i}.mlp.c_fc",
  ffn_down: "transformer.h.{i}.mlp.c_proj",
};
const GPT_NEOX_NAMES = {
  token_embd: "gpt_neox.embed_in",
  output_norm: "gpt_neox.final_layer_norm",
  output: "embed_out",
  attn_norm: "gpt_neox.layers.{i}.input_layernorm",
  attn_qkv: "gpt_neox.layers.{i}.attention.query_key_value",
  attn_output: "gpt_neox.layers.{i}.attention.dense",
  ffn_norm: "gpt_neox.layers.{i}.post_attention_layernorm",
  ffn_up: "gpt_neox.layers.{i}.mlp.dense_h_to_4h",
  ffn_down: "gpt_neox.layers.{i}.mlp.dense_4h_to_h",
};
const BLOOM_NAMES = {
  token_embd: "transformer.word_embeddings",
  token_embd_norm: "transformer.word_embeddings_layernorm",
  output_norm: "transformer.ln_f",
  output: "lm_head",
  attn_norm: "transformer.h.{i}.input_layernorm",
  attn_qkv: "transformer.h.{i}.self_attention.query_key_value",
  attn_output: "transformer.h.{i}.self_attention.dense",
  ffn_norm: "transformer.h.{i}.post_attention_layernorm",
  ffn_up: "transformer.h.{i}.mlp.dense_h_to_4h",
  ffn_down: "transformer.h.{i}.mlp.dense_4h_to_h",
};
const PHI_NAMES = {
  token_embd: "model.embed_tokens",
  output_norm: "model.final_layernorm",
  output: "lm_head",
  attn_norm: "model.layers.{i}.input_layernorm",
  attn_qkv: "model.layers.{i}.self_attn.qkv",
  attn_q: "model.layers.{i}.self_attn.q_proj",
  attn_k: "model.layers.{i}.self_attn.k_proj",
  attn_v: "model.layers.{i}.self_attn.v_proj",
  attn_output: "model.layers.{i}.self_attn.dense",
  ffn_up: "model.layers.{i}.mlp.fc1",
  ffn_down: "model.layers.{i}.mlp.fc2",
};

const isOneOf = (name: string, parts: readonly string[]) => parts.some((part) => name.includes(`.${part}.`));

/** Rows of heads in pairs → in halves. */
function restoreLlama([name, stored]: NamedTensor, config: Json): NamedTensor[] {
  const rotates = isOneOf(name, ["q_proj", "k_proj"]);
  const dHead = Number(config["head_dim"]);
  return [[name, rotates ? { ...stored, interleavedHeads: { dHead } } : stored]];
}

/** Hugging Face has Conv1D matrices as [in, out]. */
function restoreGpt2([name, stored]: NamedTensor): NamedTensor[] {
  const { entry } = stored;
  if (entry.shape.length !== 2 || !isOneOf(name, ["c_attn", "c_proj", "c_fc"])) return [[name, stored]];
  return [[name, { ...stored, entry: { ...entry, shape: [...entry.shape].reverse() }, transposed: true }]];
}

/** Rows (q, k, v) of [head, dHead] → rows of head of (q, k, v) of dHead. */
function restoreFusedHeads([name, stored]: NamedTensor, config: Json): NamedTensor[] {
  if (!isOneOf(name, ["query_key_value"])) return [[name, stored]];
  const heads = Number(config["num_attention_heads"]);
  const order = Array.from({ length: 3 * heads }, (_, i) => (i % 3) * heads + Math.floor(i / 3));
  return [[name, { ...stored, file: reorderedFile(stored, order) }]];
}

/** Early files have queries, keys and values in one tensor, one after the other. */
function restorePhi([name, stored]: NamedTensor): NamedTensor[] {
  if (!isOneOf(name, ["qkv"])) return [[name, stored]];
  const { file, entry } = stored;
  const [rows = 0, ...rest] = entry.shape;
  const bytes = (entry.end - entry.start) / 3;
  if (rows % 3 !== 0) {
    throw new VitrineError(
      "BadFile",
      `${file.name}: tensor ${entry.name} has ${rows} rows, which are not queries, keys and values; convert it again.`,
    );
  }
  return ["q_proj", "k_proj", "v_proj"].map((part, i) => {
    const start = entry.start + i * bytes;
    const own = { ...entry, shape: [rows / 3, ...rest], start, end: start + bytes };
    return [name.replace(".qkv.", `.${part}.`), { ...stored, entry: own }];
  });
}

const GGUF_TENSORS: Readonly<Record<GgufArchitecture, GgufTensors>> = {
  llama: { names: LLAMA_NAMES, restore: restoreLlama },
  qwen2: { names: LLAMA_NAMES },
  qwen3: { names: { ...LLAMA_NAMES, ...HEAD_NORM_NAMES } },
  gemma: { names: LLAMA_NAMES },
  gemma2: { names: GEMMA_NAMES },
  gemma3: { names: { ...GEMMA_NAMES, ...HEAD_NORM_NAMES } },
  gpt2: { names: GPT2_NAMES, restore: restoreGpt2 },
  starcoder: { names: GPT2_NAMES },
  bloom: { names: BLOOM_NAMES, restore: restoreFusedHeads },
  gptneox: { names: GPT_NEOX_NAMES, restore: restoreFusedHeads },
  phi2: { names: PHI_NAMES, restore: restorePhi },
  phi3: { names: PHI3_NAMES },
  olmo2: { names: OLMO2_NAMES },
  starcoder2: { names: STARCODER2_NAMES },
};

/** Every tensor under its Hugging Face name; one that has none would change the model, so it is refused. */
export function huggingFaceTensors(
  file: ByteFile,
  tensors: readonly TensorEntry[],
  architecture: GgufArchitecture,
  config: Json,
): Map<string, StoredTensor> {
  const { names, restore } = GGUF_TENSORS[architecture];
  const named = tensors.flatMap((entry): readonly NamedTensor[] => {
    const name = nameOf(entry, names);
    if (name === undefined) {
      throw new VitrineError(
        "Unsupported",
        `${file.name}: tensor ${entry.name} is not known for ${architecture}; Vitrine cannot run this variant.`,
      );
    }
    const tensor: NamedTensor = [name, { file, entry }];
    return restore ? restore(tensor, config) : [tensor];
  });
  return new Map(named);
}

function nameOf({ name }: TensorEntry, names: GgufTensors["names"]): string | undefined {
  const [, layer, base = "", suffix = ""] = /^(?:blk\.(\d{1,6})\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const found = Object.hasOwn(names, base) ? names[base] : undefined;
  if (found === undefined || found.includes("{i}") !== (layer !== undefined)) return undefined;
  return `${found.replace("{i}", layer ?? "")}.${suffix}`;
}
