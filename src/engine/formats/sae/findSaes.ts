/**
 * Finds every sparse autoencoder among dropped files, by what is in them: the names of tensors tell an autoencoder from a
 * model and one layout from another. Only headers are read. A file that is one but cannot be used is refused with its
 * reason, beside those that can.
 */
import { VITRINE_ERROR_NAMES, VitrineError } from "../../../protocol/errors";
import { configBeside, isConfigKey } from "../torch/checkpointConfig";
import type { Json } from "../bytes/json";
import type { StoredTensor } from "../storedModel";
import type { PickleValue } from "../torch/pickleValues";
import { isNpz, readNpz } from "../bytes/npz";
import { refuseLegacy } from "../torch/legacy";
import { readSafetensorsHeader } from "../safetensors";
import { hashFiles } from "../bytes/sha256";
import { baseNameOf, type ByteFile, type FileSet } from "../bytes/source";
import { readTorchArchive } from "../torch/torchArchive";
import { hasZipMagic, readZipDirectory } from "../bytes/zip";
import { isCentring, withCentring } from "./centring";
import { layerOfFile, readCircuitTracer } from "./sets/circuitTracer";
import { otherFile, partOfTensors, readCrossLayer, type LayerPart } from "./sets/crossLayer";
import { readDictionaryLearning } from "./dictionaryLearning";
import { readGemmaScope } from "./gemmaScope";
import { readOpenAi } from "./openai";
import type { FoundSae, SaeFile } from "./saeFile";
import { readSaeLens } from "./saeLens";
import { TensorShelf } from "./saeTensors";
import { needed, neededYaml, placeOf, type Place } from "./place";
import { readSparsify } from "./sparsify";
import { trainerConfig } from "./untoldDictionary";

/** Files that are looked into; a repository of one family has hundreds. */
const MAX_LOOKED_INTO = 4096;
/** Names of weights; what has another name is looked into only in a small set. */
const WEIGHTS = /\.(safetensors|npz|pt|pth|bin|ckpt)$/i;
const NO_WEIGHTS = /\.(json|jsonl|txt|md|csv|ya?ml|py|gguf)$/i;
const SMALL_SET = 64;
const HEAD_BYTES = 9;
/** Names of tensors and keys in a note. */
const MOST_NAMED = 8;

export interface Refusal {
  readonly name: string;
  /** It was recognised as an autoencoder. */
  readonly isSae: boolean;
  /** The error that says why. */
  readonly error: Error;
}

export interface FoundSaes {
  /** In order of their files' names. */
  readonly saes: readonly FoundSae[];
  readonly refused: readonly Refusal[];
}

/** `fields`: what somebody says of those whose files do not say it. */
export async function findSaes(files: FileSet, fields: Json = {}): Promise<FoundSaes> {
  const candidates = files.filter(
    ({ name }) => WEIGHTS.test(name) || (files.length <= SMALL_SET && !NO_WEIGHTS.test(name)),
  );
  if (candidates.length > MAX_LOOKED_INTO) {
    throw new VitrineError(
      "BadFile",
      `${candidates.length} files of weights are more than ${MAX_LOOKED_INTO}; choose a smaller folder.`,
    );
  }
  const saes: FoundSae[] = [];
  const refused: Refusal[] = [];
  for (const file of [...candidates].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))) {
    let isSae = false;
    try {
      const read = await recognise(file, files, fields);
      isSae = read !== undefined;
      const found = await read?.();
      if (found) saes.push(found);
    } catch (error) {
      if (!(error instanceof Error) || !VITRINE_ERROR_NAMES.some((name) => name === error.name)) throw error;
      refused.push({ name: file.name, isSae, error });
    }
  }
  return { saes, refused };
}

/** With the hash of its weights, for which they are read once. */
export async function openSae({ about, weightFiles = 1, ...rest }: FoundSae): Promise<SaeFile> {
  const sha256 = await hashFiles(rest.files.slice(0, weightFiles));
  return { ...rest, description: { ...about, sha256 } };
}

/** The only autoencoder among the files. */
export async function readSae(files: FileSet): Promise<SaeFile> {
  const { saes, refused } = await findSaes(files);
  const [only] = saes;
  if (only && saes.length === 1) return openSae(only);
  if (only) {
    throw new VitrineError(
      "BadFile",
      `There are ${saes.length} autoencoders (${saes
        .slice(0, 4)
        .map(({ about }) => about.name)
        .join(", ")}${saes.length > 4 ? ", …" : ""}); choose one.`,
    );
  }
  if (refused[0]) throw refused[0].error;
  const names = files.map(baseNameOf);
  const seen = names.slice(0, 8).join(", ") + (names.length > 8 ? ", …" : "");
  throw new VitrineError(
    "BadFile",
    `No sparse autoencoder among ${seen || "nothing"}. One is cfg.json with sae_weights.safetensors or sae.safetensors, params.npz, ae.pt with config.json, or an OpenAI .pt.`,
  );
}

type Tensors = ReadonlyMap<string, StoredTensor>;

/** Reads it, once the names of its tensors have told that it is one; undefined if it is read with another file. */
type Reader = () => Promise<FoundSae | undefined>;

async function recognise(file: ByteFile, files: FileSet, fields: Json): Promise<Reader | undefined> {
  const place = placeOf(file, files);
  const head = await file.slice(0, HEAD_BYTES);
  if (!hasZipMagic(head)) {
    // Eight bytes of length, then JSON.
    if (head[HEAD_BYTES - 1] === 0x7b || file.name.endsWith(".safetensors")) return inSafetensors(place);
    if (/\.(pt|pth|ckpt)$/i.test(file.name)) await refuseLegacy(file);
    return undefined;
  }
  const directory = await readZipDirectory(file);
  if (isNpz(directory)) return inNpz(place);
  return [...directory.keys()].some((name) => name.endsWith("/data.pkl"))
    ? inTorch(place, fields)
    : undefined;
}

async function inSafetensors(place: Place): Promise<Reader | undefined> {
  const { file, name, folders } = place;
  const header = await readSafetensorsHeader(file);
  const tensors: Tensors = new Map(header.tensors.map((entry) => [entry.name, { file, entry }]));
  const shelf = new TensorShelf(file.name, tensors);
  const whole = (found: Found, files: FileSet) => completed(found, shelf, tensors, files);
  const part = partOfTensors(tensors.keys());
  if (part) return () => inCrossLayer(place, part, shelf, tensors);
  if (tensors.has("W_enc") && tensors.has("W_dec")) {
    return async () => {
      const layer = layerOfFile(baseNameOf(file));
      if (layer !== undefined) {
        const yaml = await neededYaml(place);
        return whole(await readCircuitTracer(name, layer, yaml.fields, shelf), [file, yaml.file]);
      }
      const cfg = await needed(place, "cfg.json");
      return whole(await readSaeLens(name, cfg.fields, shelf), [file, cfg.file]);
    };
  }
  if (tensors.has("w_enc") && tensors.has("w_dec")) {
    return async () => {
      if (shelf.shapeOf("w_dec").length === 3)
        throw new VitrineError(
          "Unsupported",
          `${file.name}: w_dec has shape [${shelf.shapeOf("w_dec").join(", ")}], a part of a cross-layer transcoder of Gemma Scope 2, whose layout is not read yet; choose one in circuit-tracer's files (W_enc_0.safetensors, W_dec_0.safetensors, …), or a transcoder of one layer.`,
        );
      const cfg = await place.config("config.json");
      const found = await readGemmaScope(name, file.name, cfg?.fields, shelf);
      return whole(found, cfg ? [file, cfg.file] : [file]);
    };
  }
  if (tensors.has("encoder.weight") && tensors.has("W_dec")) {
    return async () => {
      const cfg = await needed(place, "cfg.json");
      const run = await place.config("config.json", true);
      const found = await readSparsify(name, folders, cfg.fields, run?.fields, shelf);
      return whole(found, [file, cfg.file, ...(run ? [run.file] : [])]);
    };
  }
  if (tensors.has("encoder.weight") && tensors.has("decoder.weight") && tensors.size <= 8) {
    return async () => {
      throw new VitrineError(
        "Unsupported",
        `${file.name}: has encoder.weight and decoder.weight in safetensors, which no known layout has; known: SAELens, Gemma Scope, sparsify, OpenAI (.pt), dictionary_learning (ae.pt).`,
      );
    };
  }
  return undefined;
}

/** A layer's encoder with its decoder, which lies in a file of its own and is passed over by itself. */
async function inCrossLayer(
  place: Place,
  part: LayerPart,
  shelf: TensorShelf,
  tensors: Tensors,
): Promise<FoundSae | undefined> {
  const other = otherFile(place, part);
  if (part.is === "decoder") return undefined;
  const yaml = await neededYaml(place);
  const { tensors: entries } = await readSafetensorsHeader(other);
  const decoder = new TensorShelf(
    other.name,
    new Map(entries.map((entry) => [entry.name, { file: other, entry }])),
  );
  const read = readCrossLayer(place, part.layer, yaml, shelf, decoder);
  const found = completed(read, shelf, tensors, [place.file, other, yaml.file], decoder.unused);
  return { ...found, weightFiles: 2 };
}

async function inNpz({ file, name }: Place): Promise<Reader | undefined> {
  const arrays = await readNpz(file);
  const isSae = ["enc", "dec"].every((part) => arrays.has(`W_${part}`) || arrays.has(`w_${part}`));
  if (!isSae) return undefined;
  const shelf = new TensorShelf(file.name, arrays);
  return async () =>
    completed(await readGemmaScope(name, file.name, undefined, shelf), shelf, arrays, [file]);
}

/** What torch.compile puts before every name. */
const COMPILED = "_orig_mod.";

async function inTorch(place: Place, fields: Json): Promise<Reader | undefined> {
  const { file, name } = place;
  const archive = await readTorchArchive(file);
  const tensors: Tensors = new Map([
    // Beside the state dict scripts keep what was taken off the activations.
    ...[...archive.besideTensors].filter(([key]) => isCentring(key)),
    ...[...archive.tensors].map(
      ([key, tensor]) => [key.startsWith(COMPILED) ? key.slice(COMPILED.length) : key, tensor] as const,
    ),
  ]);
  const shelf = new TensorShelf(file.name, tensors);
  const left = [...archive.beside.keys()].filter((key) => !tensors.has(key) && !isConfigKey(key));
  const whole = (found: Found, files: FileSet) => completed(found, shelf, tensors, files, left);
  if (tensors.has("latent_bias") && tensors.has("pre_bias"))
    return async () => whole(await readOpenAi(name, file.name, archive.others, shelf), [file]);
  const isSae =
    (tensors.has("encoder.weight") && tensors.has("decoder.weight")) ||
    (tensors.has("W_enc") && tensors.has("W_dec"));
  if (!isSae) return undefined;
  return async () => {
    const cfg = (await place.config("config.json")) ?? (await place.config("config.json", true));
    // A model's config may lie there too.
    const isTrainers = cfg?.fields.value("trainer") !== undefined;
    const trainer = await trainerConfig(
      shelf,
      isTrainers ? cfg?.json : undefined,
      { ...plainOf(archive.beside), ...configBeside(archive.beside) },
      fields,
    );
    const found = await readDictionaryLearning(name, trainer, shelf);
    return whole(found, isTrainers && cfg ? [file, cfg.file] : [file]);
  };
}

/** Numbers and texts that stand beside the weights by themselves: k, the layer. */
const plainOf = (beside: ReadonlyMap<string, PickleValue>): Json =>
  Object.fromEntries(
    [...beside].filter(([, value]) => typeof value === "number" || typeof value === "string"),
  ) as Json;

type Found = Omit<FoundSae, "files">;

/** With what was taken off the activations folded in, and a note of what was not used. */
function completed(
  read: Found,
  shelf: TensorShelf,
  tensors: Tensors,
  files: FileSet,
  left: readonly string[] = [],
): FoundSae {
  const found = withCentring(read, shelf, [...tensors.keys()].filter(isCentring));
  const unused = [...shelf.unused, ...left];
  const some = unused.slice(0, MOST_NAMED).join(", ") + (unused.length > MOST_NAMED ? ", …" : "");
  const notes = unused.length === 0 ? [] : [`Not used here: ${some}.`];
  return { ...found, files, notes: [...found.notes, ...notes] };
}
