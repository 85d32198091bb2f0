/**
 * Which of many files a model needs: one copy of the weights, in the layout that is cheapest to open, and the
 * small files that complete it. Repositories hold the same weights several times over.
 */
import { VitrineError } from "../../protocol/errors";
import { baseNameOf, type ByteFile, type FileSet } from "./bytes/source";

/** Small files beside the weights, in every layout; each is taken where it exists. */
export const COMPANIONS: readonly string[] = [
  "config.json",
  "cfg.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "generation_config.json",
  "chat_template.jinja",
  "tokenizer.bin",
];

/** What makes a tokenizer where there is no tokenizer.json. */
export const OLDER_TOKENIZER: readonly string[] = [
  "vocab.json",
  "merges.txt",
  "added_tokens.json",
  "special_tokens_map.json",
];

/** Usual names of weights, best first: what is looked for where a host cannot list its files. */
export const USUAL_WEIGHTS: readonly string[] = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
  "model.pt",
];

/** Left behind by training, or not the weights in spite of the name. */
const NOT_WEIGHTS = /^(training_args|optimizer|scheduler|rng_state|tokenizer|adapter_)/;
const NAMES_SHOWN = 6;

/** What to fetch: `weights` names one file, or an index that names the shards. */
export interface ModelParts {
  readonly weights: string;
  readonly companions: readonly string[];
}

export const isIndex = (name: string) => name.endsWith(".index.json");

/** `where` is for the error: "huggingface.co/owner/name". */
export function chooseParts(names: readonly string[], where: string): ModelParts {
  const weights = chooseWeights(names, where);
  // A GGUF file holds its own config and tokenizer.
  const wanted = names.includes("tokenizer.json") ? COMPANIONS : [...COMPANIONS, ...OLDER_TOKENIZER];
  const companions = weights.endsWith(".gguf") ? [] : wanted.filter((name) => names.includes(name));
  return { weights, companions };
}

function chooseWeights(names: readonly string[], where: string): string {
  const usual = USUAL_WEIGHTS.find((name) => names.includes(name));
  const kinds = [/\.safetensors$/, /\.bin$/, /\.pth?$/, /\.gguf$/].map((ending) =>
    names.filter((name) => ending.test(name) && !NOT_WEIGHTS.test(name)),
  );
  // Safetensors of any name come before the other usual names.
  if (usual?.includes("safetensors")) return usual;
  const [safetensors = []] = kinds;
  if (usual !== undefined && safetensors.length !== 1) return usual;
  const candidates = kinds.find((kind) => kind.length > 0) ?? [];
  const [only] = candidates;
  if (only === undefined) {
    throw new VitrineError(
      "BadFile",
      `${where} has no model.safetensors, pytorch_model.bin, .pt or .gguf file: check the address, or name another folder of it.`,
    );
  }
  if (candidates.length === 1) return only;
  const some = candidates.slice(0, NAMES_SHOWN).join(", ") + (candidates.length > NAMES_SHOWN ? ", …" : "");
  throw new VitrineError(
    "BadFile",
    `${where} has ${candidates.length} files of weights (${some}): open one of them by its own address.`,
  );
}

/** Small files of every layout that say how the weights are read, or make text of tokens. */
const COMPLETES =
  /(config|cfg|tokenizer|index|vocab|added_tokens|special_tokens_map)\.json$|^(tokenizer\.bin|chat_template\.jinja|merges\.txt)$/;

/** What of an open model's files is needed to open it again: the weights and what is beside them. */
export function partsToKeep(files: FileSet, weightFiles: FileSet): FileSet {
  const folderOf = ({ name }: ByteFile) => name.slice(0, name.lastIndexOf("/") + 1);
  const folders = new Set(["", ...weightFiles.map(folderOf)]);
  const beside = files.filter(
    (file) => folders.has(folderOf(file)) && COMPLETES.test(baseNameOf(file)) && !weightFiles.includes(file),
  );
  return [...beside, ...weightFiles];
}
