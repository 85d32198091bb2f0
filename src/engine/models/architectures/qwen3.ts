/** Qwen 3 (Yang et al. 2025, arXiv 2505.09388): Qwen 2 without those biases, its heads' queries and keys normalised. */
import type { Architecture } from "../architecture";
import { llama, type LlamaConfig } from "./llama";
import { parseQwenConfig } from "./qwen2";

export const qwen3: Architecture<LlamaConfig> = {
  ...llama,
  name: "qwen3",
  parseConfig: (json) => ({ ...parseQwenConfig(json), headNorm: true }),
};
