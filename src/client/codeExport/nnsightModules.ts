/**
 * Where the transformers library keeps our sites, by architecture: expressions in Python that give a view of the live
 * tensor, [batch, pos, …], so that an edit in place is an edit of the run. A site that is no module's input or output
 * (patterns, scores, rotated keys and queries, norm scales) has none.
 */
import { siteLayer, siteName, type Site, type SiteName } from "../../protocol/sites";
import type { RecipeModel } from "./recipe";

interface Modules {
  readonly blocks: string;
  readonly embed: string;
  /** Embeddings are multiplied outside of that module in some versions: the first block's input is what enters the stream. */
  readonly scalesEmbed?: boolean;
  readonly posEmbed?: string | undefined;
  readonly norm: string;
  readonly head: string;
  readonly ln1?: string;
  /** The norm that reads the residual stream between attention and MLP; none where the MLP itself or both read it. */
  readonly ln2?: string;
  /** Where the residual stream between attention and MLP is, if that is not what `ln2` reads. */
  readonly residMid?: string;
  readonly isParallel?: boolean;
  /** Modules whose outputs are added to the residual stream. */
  readonly attnOut: string;
  readonly mlpOut: string;
  /** Query, key, value: expressions that give [batch, pos, heads, dHead]. */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  /** The module that reads the heads' outputs. */
  readonly attnProject: string;
  readonly mlpPre: string;
  readonly mlpPreLinear?: string;
  /** Gate and up are halves of the output of `mlpPre`. */
  readonly fusesGate?: boolean;
  /** The module that reads the MLP's neurons. */
  readonly mlpProject: string;
  /** The MLP and its norm see [batch · pos, …], at least in some versions. */
  readonly flatMlp?: boolean;
}

/** What the modules of an architecture depend on. */
type ModuleModel = Pick<RecipeModel, "architecture"> &
  Partial<Pick<RecipeModel, "nHeads" | "nKvHeads" | "sites">>;

const heads = (module: string) => `heads_of(${module}.output)`;
const llamaProjections = (attention: string) => ({
  q: heads(`${attention}.q_proj`),
  k: heads(`${attention}.k_proj`),
  v: heads(`${attention}.v_proj`),
});

const LLAMA_WITHOUT_NORMS: Modules = {
  blocks: "model.model.layers",
  embed: "model.model.embed_tokens",
  norm: "model.model.norm",
  head: "model.lm_head",
  attnOut: "self_attn",
  mlpOut: "mlp",
  ...llamaProjections("self_attn"),
  attnProject: "self_attn.o_proj",
  mlpPre: "mlp.gate_proj",
  mlpPreLinear: "mlp.up_proj",
  mlpProject: "mlp.down_proj",
};
const LLAMA: Modules = {
  ...LLAMA_WITHOUT_NORMS,
  ln1: "input_layernorm",
  ln2: "post_attention_layernorm",
};
const GEMMA: Modules = {
  ...LLAMA,
  scalesEmbed: true,
  ln2: "pre_feedforward_layernorm",
  attnOut: "post_attention_layernorm",
  mlpOut: "post_feedforward_layernorm",
};
const QK_NORM = { q: "self_attn.q_norm.output", k: "self_attn.k_norm.output" };
/** Queries, keys and values of all heads lie one after the other. */
const QKV_HEADS = heads("self_attn.qkv_proj");
const [HEADS, KV_HEADS] = ["model.config.num_attention_heads", "model.config.num_key_value_heads"];
const GPT2: Modules = {
  blocks: "model.transformer.h",
  embed: "model.transformer.wte",
  posEmbed: "model.transformer.wpe",
  norm: "model.transformer.ln_f",
  head: "model.lm_head",
  ln1: "ln_1",
  ln2: "ln_2",
  attnOut: "attn",
  mlpOut: "mlp",
  q: "heads_of(attn.c_attn.output.chunk(3, dim=-1)[0])",
  k: "heads_of(attn.c_attn.output.chunk(3, dim=-1)[1])",
  v: "heads_of(attn.c_attn.output.chunk(3, dim=-1)[2])",
  attnProject: "attn.c_proj",
  mlpPre: "mlp.c_fc",
  mlpProject: "mlp.c_proj",
};
/** Queries, keys and values of one head lie side by side. */
const partOfHeads = (module: string, i: number) =>
  `heads_of(${module}.output, 3 * D_HEAD)[..., ${i} * D_HEAD : ${i + 1} * D_HEAD]`;
const fusedHeads = (module: string) => ({
  q: partOfHeads(module, 0),
  k: partOfHeads(module, 1),
  v: partOfHeads(module, 2),
});

/** One key and one value for all heads lie behind the queries; or the parts of one head side by side. */
function bigcodeModules({ nHeads, nKvHeads }: ModuleModel): Modules {
  if (nKvHeads === nHeads) return { ...GPT2, ...fusedHeads("attn.c_attn") };
  const fused = "heads_of(attn.c_attn.output)";
  return { ...GPT2, q: `${fused}[:, :, :-2]`, k: `${fused}[:, :, -2:-1]`, v: `${fused}[:, :, -1:]` };
}

const OPT: Modules = {
  blocks: "model.model.decoder.layers",
  embed: "model.model.decoder.embed_tokens",
  posEmbed: "model.model.decoder.embed_positions",
  norm: "model.model.decoder.final_layer_norm",
  head: "model.lm_head",
  ln1: "self_attn_layer_norm",
  ln2: "final_layer_norm",
  attnOut: "self_attn",
  mlpOut: "fc2",
  ...llamaProjections("self_attn"),
  attnProject: "self_attn.out_proj",
  mlpPre: "fc1",
  mlpProject: "fc2",
  flatMlp: true,
};
/** The 350m model: norms behind the additions, tokens that pass a projection. */
const OPT_NORM_LAST: Modules = {
  ...OPT,
  embed: "model.model.decoder.project_in",
  residMid: "self_attn_layer_norm.output",
};

const MODULES: Readonly<Record<string, Modules | ((model: ModuleModel) => Modules)>> = {
  gpt2: GPT2,
  gpt_neo: {
    ...GPT2,
    ...llamaProjections("attn.attention"),
    attnProject: "attn.attention.out_proj",
  },
  gpt_neox: {
    ...GPT2,
    blocks: "model.gpt_neox.layers",
    embed: "model.gpt_neox.embed_in",
    posEmbed: undefined,
    norm: "model.gpt_neox.final_layer_norm",
    head: "model.embed_out",
    ln1: "input_layernorm",
    ln2: "post_attention_layernorm",
    attnOut: "attention",
    ...fusedHeads("attention.query_key_value"),
    attnProject: "attention.dense",
    mlpPre: "mlp.dense_h_to_4h",
    mlpProject: "mlp.dense_4h_to_h",
    isParallel: true,
  },
  gptj: {
    ...GPT2,
    posEmbed: undefined,
    ln2: "ln_1",
    ...llamaProjections("attn"),
    attnProject: "attn.out_proj",
    mlpPre: "mlp.fc_in",
    mlpProject: "mlp.fc_out",
    isParallel: true,
  },
  gpt_bigcode: bigcodeModules,
  opt: ({ sites }) => (sites?.includes("blocks.0.ln1_post.scale") ? OPT_NORM_LAST : OPT),
  // Its attention and MLP give what they add together with the stream that they add it to: their last matrices do not.
  bloom: {
    ...GPT2,
    embed: "model.transformer.word_embeddings_layernorm",
    posEmbed: undefined,
    ln1: "input_layernorm",
    ln2: "post_attention_layernorm",
    attnOut: "self_attention.dense",
    mlpOut: "mlp.dense_4h_to_h",
    ...fusedHeads("self_attention.query_key_value"),
    attnProject: "self_attention.dense",
    mlpPre: "mlp.dense_h_to_4h",
    mlpProject: "mlp.dense_4h_to_h",
  },
  llama: LLAMA,
  mistral: LLAMA,
  qwen2: LLAMA,
  qwen3: { ...LLAMA, ...QK_NORM },
  gemma2: GEMMA,
  gemma: { ...LLAMA, scalesEmbed: true },
  // Its norms of queries and keys see [batch, head, pos, dHead].
  gemma3_text: {
    ...GEMMA,
    q: "self_attn.q_norm.output.transpose(1, 2)",
    k: "self_attn.k_norm.output.transpose(1, 2)",
  },
  phi: {
    ...LLAMA,
    norm: "model.model.final_layernorm",
    ln2: "input_layernorm",
    attnProject: "self_attn.dense",
    mlpPre: "mlp.fc1",
    mlpProject: "mlp.fc2",
    isParallel: true,
  },
  phi3: {
    ...LLAMA,
    q: `${QKV_HEADS}[:, :, :${HEADS}]`,
    k: `${QKV_HEADS}[:, :, ${HEADS}:-${KV_HEADS}]`,
    v: `${QKV_HEADS}[:, :, -${KV_HEADS}:]`,
    mlpPre: "mlp.gate_up_proj",
    fusesGate: true,
  },
  olmo2: {
    ...LLAMA_WITHOUT_NORMS,
    attnOut: "post_attention_layernorm",
    mlpOut: "post_feedforward_layernorm",
    q: heads("self_attn.q_norm"),
    k: heads("self_attn.k_norm"),
  },
  starcoder2: { ...LLAMA, mlpPre: "mlp.c_fc", mlpProject: "mlp.c_proj" },
};

function modulesOf(model: ModuleModel): Modules | undefined {
  const found = MODULES[model.architecture];
  return typeof found === "function" ? found(model) : found;
}

/** The expression for a site, or undefined where transformers has no module boundary there. */
export function moduleView(model: ModuleModel, site: Site): string | undefined {
  const at = modulesOf(model);
  if (!at) return undefined;
  const layer = siteLayer(site);
  const block = `${at.blocks}[${layer}]`;
  const output = (module: string) => `first(${block}.${module}.output)`;
  // With a batch axis of 1, whether or not the tensor has one: the same memory.
  const batched = (tensor: string) => (at.flatMlp ? `${tensor}[None].flatten(0, -3)` : tensor);
  const projected = (expression: string) =>
    expression.replaceAll(/\b(?:attn|attention|self_attn|self_attention)\.\w/g, (part) => `${block}.${part}`);
  const name: SiteName = siteName(site);
  switch (name) {
    case "embed":
      return at.scalesEmbed ? `${at.blocks}[0].input` : `${at.embed}.output`;
    case "pos_embed":
      return at.posEmbed && `${at.posEmbed}.output`;
    case "ln_final.normalized":
      return `${at.norm}.output`;
    case "logits":
      return `${at.head}.output`;
    case "resid_pre":
      return `${block}.input`;
    case "ln1.normalized":
      return at.ln1 && output(at.ln1);
    case "attn.q":
      return projected(at.q);
    case "attn.k":
      return projected(at.k);
    case "attn.v":
      return projected(at.v);
    case "attn.z":
      return `heads_of(${block}.${at.attnProject}.input)`;
    case "attn_out":
      return output(at.attnOut);
    // The tensor that the norm, or without one the MLP, reads is the residual stream itself.
    case "resid_mid":
      if (at.residMid) return `${block}.${at.residMid}`;
      return at.isParallel ? undefined : batched(`${block}.${at.ln2 ?? "mlp"}.input`);
    case "ln2.normalized":
      return at.ln2 && batched(output(at.ln2));
    case "mlp.pre":
      return at.fusesGate ? `${output(at.mlpPre)}.chunk(2, dim=-1)[0]` : batched(output(at.mlpPre));
    case "mlp.pre_linear":
      if (at.fusesGate) return `${output(at.mlpPre)}.chunk(2, dim=-1)[1]`;
      return at.mlpPreLinear && output(at.mlpPreLinear);
    case "mlp.post":
      return batched(`${block}.${at.mlpProject}.input`);
    case "mlp_out":
      return batched(output(at.mlpOut));
    case "resid_post":
      return `first(${block}.output)`;
    default:
      return undefined;
  }
}

export const hasModules = ({ architecture }: Pick<RecipeModel, "architecture">) =>
  Object.hasOwn(MODULES, architecture);
