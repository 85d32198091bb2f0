/**
 * An autoencoder of dictionary_learning, or of a script after its example, without the trainer's config: the names of its
 * tensors tell the class nearly always; settings that the checkpoint keeps (`cfg`) tell more; the rest is asked for.
 */
import type { WantedField } from "../../../protocol/missingFields";
import { isJsonObject, type Json } from "../bytes/json";
import { MissingFieldsError } from "../missingFields";
import { ConfigFields } from "./configFields";
import type { TensorShelf } from "./saeTensors";

/** Names of variants as scripts give them, in lower case without other signs. */
const CLASSES: Readonly<Record<string, string>> = {
  ...{ btk: "BatchTopKSAE", batchtopk: "BatchTopKSAE", batchtopksae: "BatchTopKSAE" },
  ...{ topk: "AutoEncoderTopK", topksae: "AutoEncoderTopK", autoencodertopk: "AutoEncoderTopK" },
  ...{ jumprelu: "JumpReluAutoEncoder", jumprelusae: "JumpReluAutoEncoder" },
  ...{ matryoshka: "MatryoshkaBatchTopKSAE", matryoshkabatchtopk: "MatryoshkaBatchTopKSAE" },
  ...{ gated: "GatedAutoEncoder", gatedsae: "GatedAutoEncoder" },
  ...{ standard: "AutoEncoder", relu: "AutoEncoder", vanilla: "AutoEncoder", l1: "AutoEncoder" },
};
const NEEDS_K = ["AutoEncoderTopK", "BatchTopKSAE", "MatryoshkaBatchTopKSAE"];

/** A field by the names that scripts give it, first wins. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  k: ["k", "top_k", "topk"],
  activation_dim: ["activation_dim", "d_in"],
  dict_size: ["dict_size", "d_sae"],
  layer: ["layer"],
  submodule_name: ["submodule_name"],
  hook_name: ["hook_name", "hook_point"],
  lm_name: ["lm_name", "model_name"],
  group_sizes: ["group_sizes"],
};

const classChoice = (names: readonly [string, string][]): WantedField => ({
  name: "dict_class",
  what: "the variant",
  choices: names.map(([value, label]) => ({ value, label })),
});

/** The config that the trainer would have written. `beside`: config.json, if there is one; `given` comes first. */
export async function trainerConfig(
  shelf: TensorShelf,
  beside: Json | undefined,
  inside: Json | undefined,
  given: Json,
): Promise<ConfigFields> {
  const { fileName } = shelf;
  const written = isJsonObject(beside?.["trainer"]) ? beside["trainer"] : undefined;
  const said = { ...inside, ...beside, ...written, ...given };
  const trainer: Record<string, unknown> = { ...written };
  for (const [name, aliases] of Object.entries(ALIASES)) {
    const alias = aliases.find((each) => said[each] !== undefined && said[each] !== null);
    if (alias !== undefined) trainer[name] = said[alias];
  }
  const isTold = typeof said["dict_class"] === "string";
  const name = isTold ? undefined : classNamed(said);
  trainer["dict_class"] = said["dict_class"] ?? name ?? (await classOf(shelf, trainer["k"] !== undefined));
  const wanted: WantedField[] = [];
  if (Array.isArray(trainer["dict_class"])) wanted.push(classChoice(trainer["dict_class"]));
  const isOpen = wanted.length > 0;
  if (
    (isOpen || NEEDS_K.includes(String(trainer["dict_class"]))) &&
    !shelf.has("k") &&
    trainer["k"] === undefined
  )
    wanted.push({ name: "k", what: "how many latents a token keeps (of TopK)" });
  if (wanted.length > 0) {
    const known = ["encoder.weight", "W_enc"]
      .filter((tensor) => shelf.has(tensor))
      .flatMap((tensor) => {
        const { width, nLatents } = shelf.sizes(tensor, tensor === "encoder.weight");
        return [
          { name: "activation_dim", value: width, from: tensor },
          { name: "dict_size", value: nLatents, from: tensor },
        ];
      });
    throw new MissingFieldsError(
      { file: fileName, as: "a sparse autoencoder", wanted, known },
      "--sae-config",
    );
  }
  return new ConfigFields(fileName, { ...beside, trainer });
}

function classNamed(said: Json): string | undefined {
  const names = ["sae_type", "architecture", "sae_class", "activation", "type"].map((field) => said[field]);
  const plain = names.map((name) =>
    String(name)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, ""),
  );
  const found = plain.find((name) => Object.hasOwn(CLASSES, name));
  return found === undefined ? undefined : CLASSES[found];
}

const BATCH: [string, string] = ["BatchTopKSAE", "BatchTopK: latents above the trained threshold"];
const TOPK: [string, string] = ["AutoEncoderTopK", "TopK: the k largest latents of each token"];
const RELU: [string, string] = ["AutoEncoder", "ReLU"];

/** The class whose tensors these are, or the classes that they may be. */
async function classOf(shelf: TensorShelf, hasK: boolean): Promise<string | readonly [string, string][]> {
  const has = (...names: readonly string[]) => names.every((name) => shelf.has(name));
  if (has("r_mag")) return "GatedAutoEncoder";
  if (has("group_sizes")) return "MatryoshkaBatchTopKSAE";
  const nLatents = has("encoder.weight") ? shelf.shapeOf("encoder.weight")[0] : shelf.shapeOf("W_enc")[1];
  if (has("threshold") && shelf.shapeOf("threshold")[0] === nLatents) return "JumpReluAutoEncoder";
  if (has("bias")) return "AutoEncoder";
  if (has("decoder.bias") && !hasK && !has("k")) return "AutoEncoderNew";
  if (!has("threshold")) return hasK || has("k") ? "AutoEncoderTopK" : [TOPK, RELU];
  const [threshold = -1] = await shelf.numbers("threshold");
  // No threshold was trained yet: both keep the k largest.
  return threshold < 0 ? "AutoEncoderTopK" : [BATCH, TOPK];
}
