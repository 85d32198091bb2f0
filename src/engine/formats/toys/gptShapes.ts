/**
 * The config of a GPT-2 in a file without one, from its tensors (`transformer.h.0.attn.c_attn.weight` …). nanoGPT and minGPT
 * (github.com/karpathy) keep GPT-2's names with torch's Linear, whose weights are [out, in], where Hugging Face has [in,
 * out]; the shape of c_attn tells them apart. nanoGPT may leave out all biases, and says its sizes in `model_args`.
 */
import { ConfigFinder } from "../missingFields";
import { activationField, activationName } from "./activations";
import { countBlocks, shapeOf, type Tensors } from "./shapes";

const TRUNKS = ["transformer.", ""];
const isCount = (value: unknown) => (Number.isInteger(value) ? value : undefined);

/** What stands before `wte.weight`, or undefined if these are no tensors of a GPT-2. */
export function gptTrunk(tensors: Tensors): string | undefined {
  return TRUNKS.find(
    (trunk) => tensors.has(`${trunk}wte.weight`) && tensors.has(`${trunk}h.0.attn.c_attn.weight`),
  );
}

/** Whether the projections are stored as [out, in]. */
export function isLinearGpt(tensors: Tensors, trunk: string): boolean {
  const [rows = 0, cols = 0] = shapeOf(tensors, `${trunk}h.0.attn.c_attn.weight`);
  return rows === 3 * cols && rows > cols;
}

export function gptConfig(
  file: string,
  tensors: Tensors,
  trunk: string,
  given: Readonly<Record<string, unknown>>,
  inside: Readonly<Record<string, unknown>>,
): ReturnType<ConfigFinder["finish"]> {
  const finder = new ConfigFinder(given, inside);
  const isLinear = isLinearGpt(tensors, trunk);
  const size = (name: string, tensor: string, axis: number, aliases: readonly string[] = []) => {
    const value = shapeOf(tensors, `${trunk}${tensor}`).at(axis);
    if (value !== undefined && !aliases.some((alias) => finder.has(alias)))
      finder.tell(name, value, `${trunk}${tensor}`);
  };
  size("vocab_size", "wte.weight", 0);
  size("n_embd", "wte.weight", 1, ["hidden_size"]);
  size("n_positions", "wpe.weight", 0, ["n_ctx", "max_position_embeddings"]);
  size("n_inner", "h.0.mlp.c_fc.weight", isLinear ? 0 : 1, ["intermediate_size"]);
  if (isLinear) finder.tell("bias", tensors.has(`${trunk}ln_f.bias`), `${trunk}ln_f.bias`);
  const blocks = countBlocks(tensors, /(?:^|\.)h\.(\d{1,4})\./);
  if (!finder.has("num_hidden_layers"))
    finder.tell("n_layer", blocks, `the names ${trunk}h.0, ${trunk}h.1 …`);
  const isTold =
    finder.has("num_attention_heads") || finder.takeInside("n_head", ["n_heads", "num_heads"], isCount);
  if (!isTold) finder.want({ name: "n_head", what: "the number of attention heads" });
  // Since June 2023 nanoGPT has torch's own GELU; it alone says whether there are biases.
  if (isLinear && inside["bias"] !== undefined) finder.tell("activation_function", "gelu", "nanoGPT's code");
  else if (!finder.takeInside("activation_function", [], activationName))
    finder.want(activationField("activation_function"));
  const as = isLinear ? "a GPT-2 as nanoGPT and minGPT store it" : "a GPT-2 state dict";
  const found = finder.finish(file, as);
  return isLinear ? { ...found, config: { ...found.config, linear_weights: true } } : found;
}
