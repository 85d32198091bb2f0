/** Mistral (Jiang et al. 2023, arXiv 2310.06825): Llama whose every layer attends to a sliding window. */
import type { Architecture } from "../architecture";
import { llama, parseLlamaConfig, type LlamaConfig } from "./llama";
import { layerWindows } from "./layerWindows";

export const mistral: Architecture<LlamaConfig> = {
  ...llama,
  name: "mistral",
  parseConfig(json) {
    const config = parseLlamaConfig(json);
    const windows = layerWindows(json, config, () => true);
    return { ...config, ...(windows && { windows }) };
  },
};
