/** The architectures, by the `model_type` that their checkpoints name. One line each. */
import { VitrineError } from "../../protocol/errors";
import type { Architecture, ModelConfig } from "./architecture";
import { gemma2 } from "./gemma2";
import { gemma3 } from "./gemma3";
import { gpt2 } from "./gpt2";
import { gptNeo } from "./gptNeo";
import { gptNeox } from "./gptNeox";
import { hookedTransformer } from "./hookedTransformer";
import { llama } from "./llama";
import { mistral } from "./mistral";
import { phi } from "./phi";
import { qwen2 } from "./qwen2";
import { qwen3 } from "./qwen3";

// An architecture only ever sees configs that it parsed itself, so its own config type is erased here.
const erased = <C extends ModelConfig>(architecture: Architecture<C>) =>
  architecture as unknown as Architecture;

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  gpt2: erased(gpt2),
  gpt_neo: erased(gptNeo),
  gpt_neox: erased(gptNeox),
  llama: erased(llama),
  mistral: erased(mistral),
  qwen2: erased(qwen2),
  qwen3: erased(qwen3),
  gemma2: erased(gemma2),
  gemma3_text: erased(gemma3),
  phi: erased(phi),
  hooked_transformer: erased(hookedTransformer),
};

export function architectureFor(modelType: unknown): Architecture {
  const known = Object.keys(ARCHITECTURES);
  const found = known.find((name) => name === modelType);
  const architecture = found === undefined ? undefined : ARCHITECTURES[found];
  if (architecture) return architecture;
  throw new VitrineError(
    "Unsupported",
    `config.json: model_type is ${JSON.stringify(modelType)}; Vitrine runs ${known.join(", ")}`,
  );
}
