/**
 * Which files of a folder hold a model's weights, whatever container they are in: the usual one, the shards that an
 * index names, or the only one; and all their tensors together.
 */
import { VitrineError } from "../../protocol/errors";
import { isJsonObject, readJson } from "./bytes/json";
import type { StoredTensor } from "./storedModel";
import { fileNamed, filesEnding, inNameOrder, type ByteFile, type FileSet } from "./bytes/source";

const MAX_INDEX_BYTES = 64_000_000;
const MAX_SHARDS = 1000;

/** How files of one container are called. */
export interface WeightNames {
  readonly kind: string;
  readonly single: string;
  readonly index: string;
  readonly indexEnding: string;
}

/** One file, or every shard that the index names, in order of name. `weights`: the files of that container. */
export async function chooseWeights(
  files: FileSet,
  weights: FileSet,
  { kind, single, index: indexName, indexEnding }: WeightNames,
): Promise<ByteFile[]> {
  const usual = fileNamed(weights, single);
  if (usual) return [usual];
  const index = fileNamed(files, indexName) ?? filesEnding(files, indexEnding)[0];
  if (index) return shardsOf(index, files);
  const [only] = weights;
  if (only && weights.length === 1) return [only];
  throw new VitrineError(
    "BadFile",
    only
      ? `There are ${weights.length} ${kind} files and no ${indexName}: drop the index too, or one file alone.`
      : `${single} not found beside config.json: drop the weights together with it.`,
  );
}

/**
 * Files that lie in a model's folder and are autoencoders are no weights of the model. They are looked for where the usual
 * name or an index does not settle it. If there is nothing else, that is said.
 */
export async function withoutSaes(
  weights: FileSet,
  files: FileSet,
  { single, index, indexEnding }: WeightNames,
): Promise<FileSet> {
  const isSettled =
    fileNamed(weights, single) ?? fileNamed(files, index) ?? filesEnding(files, indexEnding)[0];
  if (isSettled || weights.length === 0) return weights;
  const { findSaes } = await import("./sae/findSaes");
  const { saes, refused } = await findSaes([
    ...weights,
    ...files.filter(({ name }) => name.endsWith(".json")),
  ]);
  const found = new Set([
    ...saes.map((sae) => sae.files[0]?.name),
    ...refused.filter(({ isSae }) => isSae).map(({ name }) => name),
  ]);
  const left = weights.filter(({ name }) => !found.has(name));
  if (left.length > 0 || found.size === 0) return left;
  throw new VitrineError(
    "BadFile",
    `${[...found].slice(0, 4).join(", ")} ${found.size === 1 ? "is a sparse autoencoder" : "are sparse autoencoders"} and no model: open the model first, then drop it on the page.`,
  );
}

async function shardsOf(index: ByteFile, files: FileSet): Promise<ByteFile[]> {
  const { weight_map: map } = await readJson(index, MAX_INDEX_BYTES);
  if (!isJsonObject(map)) {
    throw new VitrineError(
      "BadFile",
      `${index.name}: weight_map is missing, so the shards are unknown; copy it again.`,
    );
  }
  const names = [...new Set(Object.values(map).map(String))].sort();
  if (names.length > MAX_SHARDS) {
    throw new VitrineError(
      "BadFile",
      `${index.name} names ${names.length} shards, more than ${MAX_SHARDS}; check it.`,
    );
  }
  const missing = names.filter((name) => !fileNamed(files, name));
  if (missing.length > 0) {
    throw new VitrineError(
      "BadFile",
      `${missing.join(", ")} not found: ${index.name} names it; drop all ${names.length} shards together.`,
    );
  }
  return inNameOrder(names.map((name) => fileNamed(files, name)).filter((file) => file !== undefined));
}

/** By name; `shards`: the tensors of each file. */
export function joinTensors(shards: readonly (readonly StoredTensor[])[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of shards.flat()) {
    const { name } = tensor.entry;
    const twin = tensors.get(name)?.file.name;
    if (twin !== undefined) {
      throw new VitrineError(
        "BadFile",
        `Tensor ${name} is in both ${twin} and ${tensor.file.name}; drop one model.`,
      );
    }
    tensors.set(name, tensor);
  }
  return tensors;
}
