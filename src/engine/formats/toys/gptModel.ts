/** GPT-2 checkpoints of nanoGPT and minGPT, and those of Hugging Face's class that have no config beside them. */
import type { Json } from "../bytes/json";
import type { ModelFiles } from "../storedModel";
import { inferredNote } from "../transformerLens";
import { gptConfig, gptTrunk, isLinearGpt } from "./gptShapes";
import { unwrapped } from "./shapes";

/** Causal masks, which minGPT and older nanoGPT save along. */
const BUFFER = /\.attn\.(bias|masked_bias)$/;
const BARE = "wte.weight";

/** Undefined if the tensors are no GPT-2's, or a config says already all that is needed. */
export function asGpt(
  model: Omit<ModelFiles, "config">,
  config: Json | undefined,
  inside: Json,
): ModelFiles | undefined {
  const hasTrunk = [...model.tensors.keys()].some((name) => name.endsWith(`transformer.${BARE}`));
  const tensors = unwrapped(model.tensors, hasTrunk ? `transformer.${BARE}` : BARE);
  const trunk = gptTrunk(tensors);
  if (trunk === undefined) return undefined;
  const type = config?.["model_type"];
  if (type === "gpt2" && !isLinearGpt(tensors, trunk)) return undefined;
  // minGPT names its sizes so ("gpt-nano"); a config of another architecture is not overruled by names of tensors.
  const isOther = typeof type === "string" && type !== "gpt2" && !type.startsWith("gpt-");
  if (isOther) return undefined;
  const given = Object.fromEntries(Object.entries(config ?? {}).filter(([name]) => name !== "model_type"));
  const file = model.weightFiles[0]?.name ?? "The file";
  const found = gptConfig(file, tensors, trunk, given, inside);
  return {
    ...model,
    config: { ...found.config, model_type: "gpt2" },
    tensors: new Map([...tensors].filter(([name]) => !BUFFER.test(name))),
    notes: [...model.notes, ...inferredNote(found.known)],
  };
}
