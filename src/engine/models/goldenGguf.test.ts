/**
 * Golden models written the way llama.cpp's converter writes them, and read back: names, shifted norms, LongRoPE's tensors.
 * The logits must be those of the recording.
 */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import { openModelFiles } from "../formats/modelFiles";
import { fileFromBytes } from "../formats/bytes/source";
import { readRows } from "../formats/tensorReader";
import { writeGguf, type GgufTensorToWrite } from "../formats/gguf/writeGguf";
import { run } from "../interp/pass/runRows";
import { openFolder, readGolden } from "./golden.samples";
import { loadModel } from "./loading/loadModel";

/** The converter's names (tensor_mapping.py): of all four, then what each has of its own. */
const SHARED: Record<string, string> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  lm_head: "output",
  input_layernorm: "attn_norm",
  post_attention_layernorm: "ffn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};
const OWN: Record<string, Record<string, string>> = {
  phi3: { "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up" },
  olmo2: {
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    post_attention_layernorm: "post_attention_norm",
    post_feedforward_layernorm: "post_ffw_norm",
  },
  starcoder2: { "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down" },
};

function ggufName(architecture: string, name: string): string {
  const [, layer, base = "", part = ""] = /^(?:model\.layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
  const short = { ...SHARED, ...OWN[architecture] }[base];
  if (short === undefined) throw new Error(`${architecture} has no name for ${name}`);
  return `${layer === undefined ? "" : `blk.${layer}.`}${short}.${part}`;
}

function f32(name: string, shape: readonly number[], values: readonly number[]): GgufTensorToWrite {
  return { name, shape, dtype: "F32", bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

interface RopeScaling {
  readonly short_factor: number[];
  readonly long_factor: number[];
}

async function asGguf(folder: string) {
  const { config, tensors } = await openFolder(folder);
  const architecture = String(config["model_type"]);
  const written: GgufTensorToWrite[] = [];
  for (const [name, stored] of tensors) {
    const values: number[] = [];
    for await (const { data } of readRows(stored)) values.push(...data);
    // Gemma's norms are written whole.
    const shift = architecture === "gemma" && name.endsWith("norm.weight") ? 1 : 0;
    written.push(
      f32(
        ggufName(architecture, name),
        stored.entry.shape,
        values.map((value) => value + shift),
      ),
    );
  }
  const { hidden_size: dModel, num_attention_heads: heads } = config as Record<string, number>;
  const dHead = Number(config["head_dim"] ?? dModel! / heads!);
  const rope = config["rope_scaling"] as RopeScaling | null | undefined;
  const metadata: Record<string, number> = {
    block_count: Number(config["num_hidden_layers"]),
    context_length: Number(config["max_position_embeddings"]),
    embedding_length: dModel!,
    feed_forward_length: Number(config["intermediate_size"]),
    "attention.head_count": heads!,
    "attention.head_count_kv": Number(config["num_key_value_heads"]),
    "attention.key_length": dHead,
    "attention.value_length": dHead,
    "attention.sliding_window": Number(config["sliding_window"] ?? 0),
    "rope.freq_base": Number(config["rope_theta"]),
    "rope.dimension_count": dHead * Number(config["partial_rotary_factor"] ?? 1),
    ...(config["norm_epsilon"] === undefined
      ? { "attention.layer_norm_rms_epsilon": Number(config["rms_norm_eps"]) }
      : { "attention.layer_norm_epsilon": Number(config["norm_epsilon"]) }),
  };
  if (rope) {
    const original = Number(config["original_max_position_embeddings"]);
    metadata["rope.scaling.original_context_length"] = original;
    const growth = metadata["context_length"]! / original;
    metadata["rope.scaling.attn_factor"] = Math.sqrt(1 + Math.log(growth) / Math.log(original));
    for (const length of ["short", "long"] as const) {
      const list = rope[`${length}_factor`];
      written.push(f32(`rope_factors_${length}.weight`, [list.length], list));
    }
  }
  return writeGguf({
    metadata: {
      "general.architecture": architecture,
      ...Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [`${architecture}.${name}`, value]),
      ),
    },
    tensors: written,
  });
}

it.each([
  ["gemma", "golden.safetensors"],
  ["phi3", "golden.safetensors"],
  ["phi3", "goldenLong.safetensors"],
  ["phi3_partial", "golden.safetensors"],
  ["olmo2", "golden.safetensors"],
  ["starcoder2", "golden.safetensors"],
])("%s as a GGUF file gives the logits of %s", async (folder, recording) => {
  const files = await openModelFiles([fileFromBytes("model.gguf", await asGguf(folder))]);
  const { model } = await loadModel(await createCpuDevice(), files, "f32", NEVER_CANCELLED);
  const { sites, tokens } = await readGolden(folder, recording);
  const { captures } = await run(model, { rows: [{ tokens }], capture: ["logits"] });
  const expected = sites.get("logits")!.data;
  expect(captures[0]!.data).toHaveLength(expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - captures[0]!.data[i]!)));
  expect(worst).toBeLessThan(2e-5);
});
