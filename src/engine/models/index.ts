/** The architectures, by the `model_type` that their checkpoints name. One line each; their code is fetched with a model. */
import { VitrineError } from "../../protocol/errors";
import type { Architecture, ModelConfig } from "./architecture";
import { gpt2 } from "./architectures/gpt2";

// An architecture only ever sees configs that it parsed itself, so its own config type is erased here.
const erased = <C extends ModelConfig>(architecture: Architecture<C>) =>
  architecture as unknown as Architecture;

const ARCHITECTURES: Readonly<Record<string, () => Promise<Architecture>>> = {
  // The embedded models are of this one.
  gpt2: async () => erased(gpt2),
  gpt_neo: async () => erased((await import("./architectures/gptNeo")).gptNeo),
  gpt_neox: async () => erased((await import("./architectures/gptNeox")).gptNeox),
  gptj: async () => erased((await import("./architectures/gptj")).gptj),
  gpt_bigcode: async () => erased((await import("./architectures/gptBigcode")).gptBigcode),
  opt: async () => erased((await import("./architectures/opt")).opt),
  bloom: async () => erased((await import("./architectures/bloom")).bloom),
  llama: async () => erased((await import("./architectures/llama")).llama),
  mistral: async () => erased((await import("./architectures/mistral")).mistral),
  qwen2: async () => erased((await import("./architectures/qwen2")).qwen2),
  qwen3: async () => erased((await import("./architectures/qwen3")).qwen3),
  gemma: async () => erased((await import("./architectures/gemma")).gemma),
  gemma2: async () => erased((await import("./architectures/gemma2")).gemma2),
  gemma3_text: async () => erased((await import("./architectures/gemma3")).gemma3),
  phi: async () => erased((await import("./architectures/phi")).phi),
  phi3: async () => erased((await import("./architectures/phi3")).phi3),
  olmo2: async () => erased((await import("./architectures/olmo2")).olmo2),
  starcoder2: async () => erased((await import("./architectures/starcoder2")).starcoder2),
  hooked_transformer: async () =>
    erased((await import("./architectures/hookedTransformer")).hookedTransformer),
};

export function checkModelType(modelType: unknown): asserts modelType is string {
  const known = Object.keys(ARCHITECTURES);
  if (known.some((name) => name === modelType)) return;
  throw new VitrineError(
    "Unsupported",
    `config.json: model_type is ${JSON.stringify(modelType)}; Vitrine runs ${known.join(", ")}`,
  );
}

export async function loadArchitecture(modelType: unknown): Promise<Architecture> {
  checkModelType(modelType);
  const load = ARCHITECTURES[modelType];
  if (load === undefined) throw new Error(`${modelType} was known and is not there`);
  return load();
}
