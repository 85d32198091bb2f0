/** The architectures, by the `model_type` that their checkpoints name. One line each. */
import { VitrineError } from "../../protocol/errors";
import type { Architecture, ModelConfig } from "./architecture";
import { gpt2 } from "./gpt2";

// An architecture only ever sees configs that it parsed itself, so its own config type is erased here.
const erased = <C extends ModelConfig>(architecture: Architecture<C>) =>
  architecture as unknown as Architecture;

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  gpt2: erased(gpt2),
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
