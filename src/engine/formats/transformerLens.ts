/**
 * Weights named as TransformerLens names them (`embed.W_E`, `blocks.0.attn.W_Q` …), in any container: known by these names,
 * for the architecture `hooked_transformer`. Their config is the HookedTransformerConfig in `cfg.json` or `config.json`; what
 * it leaves out, or all of it, is taken from the file and from the shapes of the tensors.
 */
import type { Json } from "./bytes/json";
import type { ModelFiles } from "./storedModel";
import { hookedConfig, isByOutput } from "./toys/hookedShapes";
import { unwrapped, type Tensors } from "./toys/shapes";

/** What a whole config says. */
const FIELDS = ["n_layers", "d_model", "d_head", "n_ctx", "d_vocab"];
/** Masks and tables that follow from the config and are saved along. */
const BUFFER = /(^|\.)(mask|IGNORE|rotary_sin|rotary_cos|alibi)$/;
const ANCHOR = "embed.W_E";

/** The tensors by TransformerLens's names; undefined if they have others. */
export function transformerLensTensors(tensors: Tensors): Tensors | undefined {
  const bare = unwrapped(tensors, ANCHOR);
  return bare.has(ANCHOR) ? bare : undefined;
}

/** The same files, understood as TransformerLens's. `given`: the config beside the weights; `inside`: settings in the file. */
export function asTransformerLens(
  model: Omit<ModelFiles, "config">,
  named: Tensors,
  given: Json,
  inside: Json,
): ModelFiles {
  const file = model.weightFiles[0]?.name ?? "The file";
  const isWhole = FIELDS.every((field) => typeof given[field] === "number");
  const { config, known } = isWhole
    ? { config: { ...given, ...(isByOutput(named) ? { weights_by_output: true } : {}) }, known: [] }
    : hookedConfig(file, named, given, inside);
  return {
    ...model,
    layout: "transformerlens",
    config: { ...config, model_type: "hooked_transformer" },
    tensors: new Map([...named].filter(([name]) => !BUFFER.test(name))),
    notes: [...model.notes, ...inferredNote(known)],
  };
}

/** What a config would have said. */
export function inferredNote(
  known: readonly { readonly name: string; readonly value: unknown }[],
): readonly string[] {
  if (known.length === 0) return [];
  const fields = known.map(({ name, value }) => `${name} ${JSON.stringify(value)}`).join(", ");
  return [`Its config was taken from the file: ${fields}.`];
}
