/**
 * A TransformerLens state dict (HookedTransformer): weights named `embed.W_E`, `blocks.0.attn.W_Q` …, in any
 * container, with the fields of HookedTransformerConfig in `cfg.json` or `config.json`. The names of the tensors
 * tell it; they stay as they are, for the architecture `hooked_transformer`.
 */
import { VitrineError } from "../../protocol/errors";
import type { Json } from "./json";
import type { ModelFiles } from "./modelFiles";

/** What every such config says. */
const FIELDS = ["n_layers", "d_model", "d_head", "n_ctx", "d_vocab"];
/** Masks and tables that follow from the config and are saved along. */
const BUFFER = /(^|\.)(mask|IGNORE|rotary_sin|rotary_cos|alibi)$/;

export function isTransformerLens({ tensors }: Pick<ModelFiles, "tensors">): boolean {
  return tensors.has("embed.W_E");
}

/** The same files, understood as TransformerLens's. `config` is the one that lies beside the weights. */
export function asTransformerLens(model: ModelFiles): ModelFiles {
  checkConfig(model.config);
  return {
    ...model,
    layout: "transformerlens",
    config: { ...model.config, model_type: "hooked_transformer" },
    tensors: new Map([...model.tensors].filter(([name]) => !BUFFER.test(name))),
  };
}

function checkConfig(config: Json): void {
  const missing = FIELDS.filter((field) => typeof config[field] !== "number");
  if (missing.length === 0) return;
  throw new VitrineError(
    "BadFile",
    `cfg.json: ${missing.join(", ")} must be numbers; the weights have TransformerLens's names (embed.W_E), so they need the HookedTransformerConfig as cfg.json or config.json.`,
  );
}
