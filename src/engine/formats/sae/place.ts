/** Where a file of weights lies: what it is called, and the configs beside it and above. */
import { VitrineError } from "../../../protocol/errors";
import { readJson, type Json } from "../bytes/json";
import { baseNameOf, type ByteFile, type FileSet } from "../bytes/source";
import { ConfigFields } from "./configFields";
import { readYamlFields } from "./sets/yamlFields";

const MAX_CONFIG_BYTES = 4_000_000;
/** Folders that the name of an autoencoder shows. */
const FOLDERS_IN_NAME = 3;

export interface Place {
  readonly file: ByteFile;
  /** For people. */
  readonly name: string;
  readonly folders: readonly string[];
  /** The config of this name in the file's own folder, or `above` it. */
  config(name: string, above?: boolean): Promise<Config | undefined>;
  /** The file of this name in the same folder. */
  beside(name: string): ByteFile | undefined;
}

export interface Config {
  readonly file: ByteFile;
  readonly json: Json;
  readonly fields: ConfigFields;
}

export function placeOf(file: ByteFile, files: FileSet): Place {
  const folders = file.name.split("/").slice(0, -1);
  const isAlone = /^(sae_weights|sae|params|ae|model)\.\w+$/.test(baseNameOf(file));
  const path = isAlone && folders.length > 0 ? folders : file.name.split("/");
  return {
    file,
    folders,
    name: path.slice(-FOLDERS_IN_NAME).join("/"),
    beside: (name) => files.find((other) => other.name === [...folders, name].join("/")),
    async config(name, above = false) {
      if (above && folders.length === 0) return undefined;
      const wanted = [...folders.slice(0, above ? -1 : undefined), name].join("/");
      const found = files.find((other) => other.name === wanted);
      if (!found) return undefined;
      const json = await readJson(found, MAX_CONFIG_BYTES);
      const { metadata } = json;
      const inner =
        typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? metadata : {};
      return {
        file: found,
        json,
        fields: new ConfigFields(found.name, json, inner as Record<string, unknown>),
      };
    },
  };
}

export async function needed(place: Place, name: string, above = false): Promise<Config> {
  const cfg = await place.config(name, above);
  if (cfg) return cfg;
  throw new VitrineError(
    "BadFile",
    `${name} not found beside ${place.file.name}, which says how its weights are meant: drop the folder with both.`,
  );
}

/** The one config of a set of transcoders. */
export async function neededYaml(place: Place): Promise<Omit<Config, "json">> {
  const file = place.beside("config.yaml");
  if (file) return { file, fields: new ConfigFields(file.name, await readYamlFields(file), {}) };
  throw new VitrineError(
    "BadFile",
    `config.yaml not found beside ${place.file.name}, which says what the transcoders of a set read and write: drop the folder with both.`,
  );
}
