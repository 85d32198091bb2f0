/**
 * Gemma 3, text only (Gemma Team 2025, arXiv 2503.19786): Gemma 2 with normalised queries and keys instead of
 * soft caps, five window layers to each one that sees everything, and rotary frequencies of their own for the
 * window layers.
 */
import type { Architecture } from "../architecture";
import { isObject, numberField, sizeField } from "../configFields";
import { gemma2, parseGemmaConfig, type GemmaConfig } from "./gemma2";
import { layerWindows } from "./layerWindows";
import { plainFrequencies, ropeFrequencies } from "./ropeFrequencies";

export const gemma3: Architecture<GemmaConfig> = {
  ...gemma2,
  name: "gemma3_text",
  parseConfig(json) {
    const config = parseGemmaConfig(json, { scores: undefined, logits: undefined });
    const period = sizeField(json, ["sliding_window_pattern", "_sliding_window_pattern"], 6);
    const windows = layerWindows(
      { sliding_window: 4096, ...json },
      config,
      (layer) => (layer + 1) % period !== 0,
    );
    // Newer files keep the parameters of both kinds of layers under their names.
    const { full_attention: full, sliding_attention: sliding } = isObject(json["rope_parameters"])
      ? json["rope_parameters"]
      : {};
    const ownRope = isObject(full) ? { rope_parameters: full } : { rope_theta: 1e6, ...json };
    const localTheta = isObject(sliding)
      ? numberField(sliding, "rope_theta", 10000)
      : numberField(json, "rope_local_base_freq", 10000);
    return {
      ...config,
      ...(windows && { windows }),
      frequencies: ropeFrequencies(ownRope, config.dHead),
      localFrequencies: plainFrequencies(localTheta, config.dHead),
      headNorm: true,
    };
  },
};
