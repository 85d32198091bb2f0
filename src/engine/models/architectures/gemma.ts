/**
 * Gemma 1 (Gemma Team 2024, arXiv 2403.08295): Llama with embeddings times sqrt(dModel), norm weights stored less
 * one, a tanh-GELU in its gated MLP, heads of a size of their own, and in the 2 B model one key-value head for all.
 */
import { VitrineError } from "../../../protocol/errors";
import { ACTIVATION_NAMES, type ActivationName } from "../../ops/elementwise";
import type { Architecture } from "../architecture";
import { choiceField, flagField, type Json } from "../configFields";
import { llama, parseLlamaConfig, type LlamaConfig } from "./llama";

/**
 * The first published files say `hidden_act: "gelu"` and mean its tanh form; `hidden_activation`, where it stands,
 * means what it says.
 */
function activationOf(json: Json): ActivationName {
  const own = json["hidden_activation"] ?? undefined;
  const older = json["hidden_act"] === "gelu" ? undefined : (json["hidden_act"] ?? undefined);
  return choiceField(
    own === undefined ? { hidden_act: older } : { hidden_activation: own },
    ["hidden_activation", "hidden_act"],
    ACTIVATION_NAMES,
    "gelu_pytorch_tanh",
  );
}

export const gemma: Architecture<LlamaConfig> = {
  ...llama,
  name: "gemma",
  parseConfig(json) {
    if (flagField(json, "use_bidirectional_attention", false)) {
      throw new VitrineError(
        "Unsupported",
        "config.json: use_bidirectional_attention is true; Vitrine runs models whose tokens see what came before",
      );
    }
    const config = parseLlamaConfig({ head_dim: 256, tie_word_embeddings: true, ...json });
    return {
      ...config,
      activation: activationOf(json),
      normOffset: flagField(json, "norm_weights_include_one", false) ? 0 : 1,
      embedScale: Math.sqrt(config.dModel),
    };
  },
};
