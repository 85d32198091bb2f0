/**
 * Qwen 2 and 2.5 (Yang et al. 2024, arXiv 2407.10671): Llama with biases on queries, keys and values; if
 * `use_sliding_window`, the layers from `max_window_layers` on attend to a window.
 */
import type { Architecture } from "../architecture";
import { flagField, numberField, type Json } from "../configFields";
import { llama, parseLlamaConfig, type LlamaConfig } from "./llama";
import { layerWindows } from "./layerWindows";

export function parseQwenConfig(json: Json): LlamaConfig {
  const config = parseLlamaConfig(json);
  const from = numberField(json, "max_window_layers", 28);
  const windows = flagField(json, "use_sliding_window", false)
    ? layerWindows(json, config, (layer) => layer >= from)
    : undefined;
  return { ...config, ...(windows && { windows }) };
}

export const qwen2: Architecture<LlamaConfig> = { ...llama, name: "qwen2", parseConfig: parseQwenConfig };
