/**
 * The config of a transformer in TransformerLens's names (`embed.W_E`, `blocks.0.attn.W_Q` …) from the shapes of its tensors.
 * Two layouts share these names. TransformerLens stores matrices by their inputs, those of heads as [head, in, out]; the
 * code of "Progress measures for grokking via mechanistic interpretability" (Nanda et al. 2023) by their outputs:
 *
 *   embed.W_E [d_model, d_vocab], attn.W_Q, W_K, W_V [n_heads, d_head, d_model], attn.W_O [d_model, n_heads · d_head],
 *   mlp.W_in [d_mlp, d_model], mlp.W_out [d_model, d_mlp]; unembed.W_U [d_model, d_vocab] and pos_embed.W_pos as there
 *
 * without biases in attention and without norms. The rank of W_O tells the two apart.
 */
import { VitrineError } from "../../../protocol/errors";
import type { FieldValue } from "../../../protocol/missingFields";
import { ConfigFinder } from "../missingFields";
import { activationField, activationName } from "./activations";
import { countBlocks, shapeOf, type Tensors } from "./shapes";

/** Fields of HookedTransformerConfig that no shape tells; taken where the file has them. */
const UNTOLD = [
  ...["eps", "attn_scale", "use_attn_scale", "attention_dir", "final_rms", "parallel_attn_mlp"],
  ...["rotary_base", "rotary_adjacent_pairs", "scale_attn_by_inverse_layer_idx", "use_local_attn"],
  ...["window_size", "attn_types", "attn_scores_soft_cap", "output_logits_soft_cap", "use_hook_mlp_in"],
  ...["use_normalization_before_and_after", "num_experts", "post_embedding_ln", "use_qk_norm"],
];
const POSITIONS = ["standard", "rotary", "shortformer", "none"];

const NORMS = [
  { value: null, label: "none" },
  { value: "LNPre", label: "LayerNorm without weights (LNPre)" },
  { value: "RMSPre", label: "RMS norm without weights (RMSPre)" },
];

export const isByOutput = (tensors: Tensors) => shapeOf(tensors, "blocks.0.attn.W_O").length === 2;

export function hookedConfig(
  file: string,
  tensors: Tensors,
  given: Readonly<Record<string, unknown>>,
  inside: Readonly<Record<string, unknown>>,
): ReturnType<ConfigFinder["finish"]> {
  const finder = new ConfigFinder(given, inside);
  const byOutput = isByOutput(tensors);
  const size = (name: string, tensor: string, axis: number) => {
    const value = shapeOf(tensors, tensor).at(axis);
    if (value !== undefined) finder.tell(name, value, tensor);
  };
  finder.tell("n_layers", countBlocks(tensors, /^blocks\.(\d{1,4})\./), "the names blocks.0, blocks.1 …");
  size("d_model", "embed.W_E", byOutput ? 0 : 1);
  size("d_vocab", "embed.W_E", byOutput ? 1 : 0);
  const query = "blocks.0.attn.W_Q";
  size("n_heads", query, 0);
  size("d_head", query, byOutput ? 1 : 2);
  if (tensors.has("blocks.0.attn._W_K")) size("n_key_value_heads", "blocks.0.attn._W_K", 0);
  size("d_vocab_out", "unembed.W_U", 1);
  mlp(finder, tensors, byOutput);
  norms(finder, file, tensors, byOutput, inside);
  positions(finder, tensors);
  for (const name of UNTOLD) finder.takeInside(name, []);
  const as = byOutput
    ? "a transformer in the layout of “Progress measures for grokking”"
    : "a TransformerLens state dict";
  const found = finder.finish(file, as);
  return byOutput ? { ...found, config: { ...found.config, weights_by_output: true } } : found;
}

function mlp(finder: ConfigFinder, tensors: Tensors, byOutput: boolean): void {
  const weight = "blocks.0.mlp.W_in";
  const width = shapeOf(tensors, weight).at(byOutput ? 0 : 1);
  if (width === undefined) {
    finder.tell("attn_only", true, `no ${weight}`);
    return;
  }
  finder.tell("d_mlp", width, weight);
  if (tensors.has("blocks.0.mlp.W_gate")) finder.tell("gated_mlp", true, "blocks.0.mlp.W_gate");
  const isTold = finder.takeInside(
    "act_fn",
    ["act_type", "activation", "act", "activation_fn"],
    activationName,
  );
  if (!isTold) finder.want(activationField("act_fn"));
}

function norms(
  finder: ConfigFinder,
  file: string,
  tensors: Tensors,
  byOutput: boolean,
  inside: Readonly<Record<string, unknown>>,
): void {
  const name = "normalization_type";
  if (byOutput) {
    const norm = [...tensors.keys()].find((tensor) => tensor.endsWith(".w_ln"));
    const usesNorms = finder.has(name) ? false : inside["use_ln"];
    if (norm === undefined || usesNorms === false) finder.tell(name, null, norm ?? "no norms in this layout");
    else refuseNorms(file, norm);
    return;
  }
  const [weight, bias] = ["blocks.0.ln1.w", "blocks.0.ln1.b"];
  if (tensors.has(weight)) finder.tell(name, tensors.has(bias) ? "LN" : "RMS", weight);
  else if (!finder.takeInside(name, []))
    finder.want({ name, what: "the norms, which have no weights here", choices: NORMS });
}

function refuseNorms(file: string, tensor: string): never {
  throw new VitrineError(
    "Unsupported",
    `${file}: has ${tensor}, and the norm of this layout divides by the standard deviation + epsilon, which is not run here. If the model was made with use_ln=False, say normalization_type null (--config '{"normalization_type":null}').`,
  );
}

function positions(finder: ConfigFinder, tensors: Tensors): void {
  const name = "positional_embedding_type";
  const text = (value: unknown) =>
    typeof value === "string" && POSITIONS.includes(value) ? value : undefined;
  const rows = (tensor: string): FieldValue | undefined => shapeOf(tensors, tensor)[0];
  const [table, rotary, mask] = ["pos_embed.W_pos", "blocks.0.attn.rotary_sin", "blocks.0.attn.mask"];
  const isTold = finder.takeInside(name, [], text);
  if (tensors.has(rotary)) {
    const width = shapeOf(tensors, rotary).at(-1);
    if (!isTold) finder.tell(name, "rotary", rotary);
    if (width !== undefined) finder.tell("rotary_dim", width, rotary);
  } else if (!isTold && tensors.has(table)) finder.tell(name, "standard", table);
  else if (!isTold) {
    const choices = ["rotary", "none"].map((value) => ({ value, label: value }));
    finder.want({ name, what: "where positions come in", choices });
  }
  const from = [table, rotary, mask].find((tensor) => rows(tensor) !== undefined);
  if (from !== undefined) finder.tell("n_ctx", rows(from) ?? null, from);
  else if (
    !finder.takeInside("n_ctx", ["num_ctx", "max_ctx", "seq_len"], (value) =>
      Number.isInteger(value) ? value : undefined,
    )
  )
    finder.want({ name: "n_ctx", what: "the longest text in tokens" });
}
