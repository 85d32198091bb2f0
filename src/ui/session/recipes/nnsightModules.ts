/**
 * Where the transformers library keeps our sites, by architecture: expressions in Python that give a view of the live
 * tensor, [batch, pos, …], so that an edit in place is an edit of the run. A site that is no module's input or output
 * (patterns, scores, rotated keys and queries, norm scales) has none.
 */
import { siteLayer, siteName, type Site, type SiteName } from "../../../protocol/sites";
import type { RecipeModel } from "./recipe";

interface Modules {
  readonly blocks: string;
  readonly embed: string;
  readonly posEmbed?: string;
  readonly norm: string;
  readonly head: string;
  readonly ln1: string;
  /** The norm that reads the residual stream between attention and MLP; none where both read the same. */
  readonly ln2: string;
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
  /** The module that reads the MLP's neurons. */
  readonly mlpProject: string;
}

const heads = (module: string) => `heads_of(${module}.output)`;
const llamaProjections = (attention: string) => ({
  q: heads(`${attention}.q_proj`),
  k: heads(`${attention}.k_proj`),
  v: heads(`${attention}.v_proj`),
});

const LLAMA: Modules = {
  blocks: "model.model.layers",
  embed: "model.model.embed_tokens",
  norm: "model.model.norm",
  head: "model.lm_head",
  ln1: "input_layernorm",
  ln2: "post_attention_layernorm",
  attnOut: "self_attn",
  mlpOut: "mlp",
  ...llamaProjections("self_attn"),
  attnProject: "self_attn.o_proj",
  mlpPre: "mlp.gate_proj",
  mlpPreLinear: "mlp.up_proj",
  mlpProject: "mlp.down_proj",
};
const GEMMA: Modules = {
  ...LLAMA,
  ln2: "pre_feedforward_layernorm",
  attnOut: "post_attention_layernorm",
  mlpOut: "post_feedforward_layernorm",
};
const QK_NORM = { q: "self_attn.q_norm.output", k: "self_attn.k_norm.output" };
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
const neoxPart = (i: number) =>
  `heads_of(attention.query_key_value.output, 3 * D_HEAD)[..., ${i} * D_HEAD : ${i + 1} * D_HEAD]`;

const MODULES: Readonly<Record<string, Modules>> = {
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
    norm: "model.gpt_neox.final_layer_norm",
    head: "model.embed_out",
    ln1: "input_layernorm",
    ln2: "post_attention_layernorm",
    attnOut: "attention",
    q: neoxPart(0),
    k: neoxPart(1),
    v: neoxPart(2),
    attnProject: "attention.dense",
    mlpPre: "mlp.dense_h_to_4h",
    mlpProject: "mlp.dense_4h_to_h",
    isParallel: true,
  },
  llama: LLAMA,
  mistral: LLAMA,
  qwen2: LLAMA,
  qwen3: { ...LLAMA, ...QK_NORM },
  gemma2: GEMMA,
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
};

/** The expression for a site, or undefined where transformers has no module boundary there. */
export function moduleView(
  { architecture }: Pick<RecipeModel, "architecture">,
  site: Site,
): string | undefined {
  const at = MODULES[architecture];
  if (!at) return undefined;
  const layer = siteLayer(site);
  const block = `${at.blocks}[${layer}]`;
  const output = (module: string) => `first(${block}.${module}.output)`;
  const projected = (expression: string) =>
    expression.replaceAll(/\b(?:attn|attention|self_attn)\.\w/g, (part) => `${block}.${part}`);
  const name: SiteName = siteName(site);
  switch (name) {
    case "embed":
      return `${at.embed}.output`;
    case "pos_embed":
      return at.posEmbed && at.blocks === GPT2.blocks ? `${at.posEmbed}.output` : undefined;
    case "ln_final.normalized":
      return `${at.norm}.output`;
    case "logits":
      return `${at.head}.output`;
    case "resid_pre":
      return `${block}.input`;
    case "ln1.normalized":
      return output(at.ln1);
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
    // The tensor that the norm reads is the residual stream itself.
    case "resid_mid":
      return at.isParallel ? undefined : `${block}.${at.ln2}.input`;
    case "ln2.normalized":
      return output(at.ln2);
    case "mlp.pre":
      return output(at.mlpPre);
    case "mlp.pre_linear":
      return at.mlpPreLinear && output(at.mlpPreLinear);
    case "mlp.post":
      return `${block}.${at.mlpProject}.input`;
    case "mlp_out":
      return output(at.mlpOut);
    case "resid_post":
      return `first(${block}.output)`;
    default:
      return undefined;
  }
}

export const hasModules = ({ architecture }: Pick<RecipeModel, "architecture">) =>
  Object.hasOwn(MODULES, architecture);
