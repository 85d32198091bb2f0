/**
 * Which models lie in a folder, by the names of its files: one for each folder with weights, and where one folder has several
 * files of weights that do not belong together, one for each of them, with the small files beside it.
 */

export interface NamedFile {
  /** With the path inside the folder that was given, if it has one. */
  readonly name: string;
  readonly size: number;
}

export interface ModelChoice<F extends NamedFile> {
  /** A file or a folder, as it is called inside the one that was given. */
  readonly name: string;
  /** Of the weights. */
  readonly sizeBytes: number;
  readonly files: readonly F[];
}

const folderOf = (name: string) => name.slice(0, name.lastIndexOf("/") + 1);
const baseOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);

const GGUF = /\.gguf$/i;
const SHARD = /-\d{5}-of-\d{5}\./;
const INDEX = /\.index\.json$/;
/** Shards of one model have one, and its index has it too. */
const wholeName = (name: string) => name.replace(INDEX, "").replace(SHARD, ".");

/** Whether both are weights of one model: shards, or the same file. */
export const areOneModel = (one: NamedFile, two: NamedFile) =>
  !INDEX.test(two.name) && wholeName(one.name) === wholeName(two.name);

/** Whether it lists the shards of another model than the one that the weights are of. */
export const isOthersIndex = (index: NamedFile, weights: NamedFile) =>
  INDEX.test(index.name) && wholeName(index.name) !== wholeName(weights.name);
/** Kinds of weights, best first: a folder often holds the same weights in several. */
const KINDS = [/\.safetensors$/i, /\.bin$/i, /\.pth?$/i] as const;
/** Left behind by training, or not the weights in spite of the name. */
const OTHERS =
  /^(tok[^/]*\.bin$|training_args|optimizer|scheduler|rng_state|tokenizer|adapter_|sae_weights|sae\.|ae\.)/;
const USUAL = /^(model\.safetensors|pytorch_model\.bin|model\.pth?|consolidated\..*)$/;

/** Empty where there are no weights; more than one where somebody has to choose. */
export function modelChoices<F extends NamedFile>(files: readonly F[]): ModelChoice<F>[] {
  const folders = new Map<string, F[]>();
  for (const file of files) {
    const folder = folderOf(file.name);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const found = [...folders].map(([folder, own]) => ({
    depth: folder.split("/").length,
    choices: choicesIn(folder, own),
  }));
  // What lies deeper than a model belongs to it: the same weights in another format, autoencoders.
  const depth = Math.min(...found.filter(({ choices }) => choices.length > 0).map((one) => one.depth));
  const nearest = found.filter((one) => one.depth === depth).flatMap(({ choices }) => choices);
  return nearest.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function choicesIn<F extends NamedFile>(folder: string, files: readonly F[]): ModelChoice<F>[] {
  const isWeights = ({ name }: F) => !OTHERS.test(baseOf(name));
  const ggufs = files.filter(({ name }) => GGUF.test(name));
  const kinds = KINDS.map((kind) => files.filter((file) => kind.test(file.name) && isWeights(file)));
  const weights = kinds.find((kind) => kind.length > 0) ?? [];
  const beside = files.filter((file) => !ggufs.includes(file) && !kinds.flat().includes(file));
  const one = (name: string, parts: readonly F[], with_: readonly F[]): ModelChoice<F> => ({
    ...{ name, sizeBytes: parts.reduce((sum, { size }) => sum + size, 0), files: [...parts, ...with_] },
  });
  const found = ggufs.map((file) => one(file.name, [file], []));
  const usual = weights.find(({ name }) => USUAL.test(baseOf(name)));
  const shards = weights.filter(({ name }) => SHARD.test(name));
  if (weights.length === 0) return found;
  const isOne = weights.length === 1 || usual !== undefined || shards.length === weights.length;
  if (!isOne) {
    // Shards of one model stand for one choice.
    const firsts = weights.filter(
      (file, at) => weights.findIndex((other) => areOneModel(file, other)) === at,
    );
    const groups = firsts.map((first) => {
      const own = beside.filter((file) => !isOthersIndex(file, first));
      return one(
        first.name,
        weights.filter((file) => areOneModel(first, file)),
        own,
      );
    });
    return [...found, ...groups];
  }
  const parts = usual ? [usual] : weights;
  const everything = files.filter((file) => !ggufs.includes(file));
  const name = folder === "" || found.length > 0 ? (parts[0]?.name ?? folder) : folder.slice(0, -1);
  return [...found, { ...one(name, parts, []), files: everything }];
}
