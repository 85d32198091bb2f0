/** The architectures, by the `model_type` that their checkpoints name. One line each. */
import { VitrineError } from "../../protocol/errors";
import type { Architecture, ModelConfig } from "./architecture";
import { gpt2 } from "./gpt2";

// An architecture only ever sees configs that it parsed itself, so its own config type is erased here.
const ARCHITECTURES: Readonly<Record<string, Architecture<never>>> = {
  gpt2,
};

export function architectureFor(modelType: unknown): Architecture<ModelConfig> {
  const known = Object.keys(ARCHITECTURES);
  if (typeof modelType === "string" && Object.hasOwn(ARCHITECTURES, modelType)) {
    return ARCHITECTURES[modelType] as unknown as Architecture<ModelConfig>;
  }
  throw new VitrineError(
    "Unsupported",
    `config.json: model_type is ${JSON.stringify(modelType)}; Vitrine runs ${known.join(", ")}`,
  );
}
