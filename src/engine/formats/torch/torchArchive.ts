/**
 * Tensors of a PyTorch checkpoint, as torch.save has written them since 1.6: a zip archive whose folder holds
 * `data.pkl` (what is there, as a pickle) and `data/0`, `data/1` … (the storages' bytes, as they are). Only the
 * pickle is read; each tensor becomes a byte range inside the file.
 */
import { VitrineError } from "../../../protocol/errors";
import type { StoredTensor } from "../storedModel";
import { showText, type PickleValue } from "./pickleValues";
import { baseNameOf, type ByteFile } from "../bytes/source";
import { TORCH_RULES, TorchTensor, type TorchStorage } from "./torchGlobals";
import { findStateDict, someOf, type Series } from "./torchStateDict";
import { unpickle } from "./unpickler";
import { locateZipEntry, readZipDirectory, readZipEntry, STORED, type ZipDirectory } from "../bytes/zip";

/** A pickle takes about 200 bytes for each tensor. */
const MAX_PICKLE_BYTES = 16_000_000;
const MAX_MARKER_BYTES = 100;
const PICKLE = "data.pkl";

export interface TorchArchive {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What was left out. */
  readonly notes: readonly string[];
  /** The state dict's values that are no tensors, by name. */
  readonly others: ReadonlyMap<string, PickleValue>;
  /** What stands beside the state dict, by name. */
  readonly beside: ReadonlyMap<string, PickleValue>;
  /** Those of them that are tensors. */
  readonly besideTensors: ReadonlyMap<string, StoredTensor>;
  /** Where the file holds the weights of many epochs. */
  readonly series?: Series;
}

/** What an archive's pickle says, and how its tensors are found. */
export interface TorchRoot {
  readonly value: PickleValue;
  /** The tensors among some values, by name. */
  store(all: ReadonlyMap<string, PickleValue>): Promise<ReadonlyMap<string, StoredTensor>>;
}

export async function readTorchRoot(file: ByteFile): Promise<TorchRoot> {
  const directory = await readZipDirectory(file);
  const root = rootOf(file, directory);
  await checkByteOrder(file, directory, root);
  const pickle = directory.get(`${root}${PICKLE}`);
  if (pickle === undefined) throw noCheckpoint(file);
  const bytes = await readZipEntry(file, pickle, MAX_PICKLE_BYTES);
  const value = unpickle(file.name, bytes, TORCH_RULES);
  const storages = new Map<string, Promise<number>>();
  const startOf = (storage: TorchStorage) => {
    // Tied weights share a storage.
    const known = storages.get(storage.key) ?? storageStart(file, directory, root, storage);
    storages.set(storage.key, known);
    return known;
  };
  const store = async (all: ReadonlyMap<string, PickleValue>) => {
    const stored = new Map<string, StoredTensor>();
    for (const [name, tensor] of all) {
      if (!(tensor instanceof TorchTensor)) continue;
      checkStorage(file, directory, root, name, tensor.storage);
      stored.set(name, storedTensor(file, name, tensor, await startOf(tensor.storage)));
    }
    return stored;
  };
  return { value, store };
}

/** `checkpoint`: which of many, from the end if negative; the last if it is not said. */
export async function readTorchArchive(file: ByteFile, checkpoint?: number): Promise<TorchArchive> {
  const { value, store } = await readTorchRoot(file);
  const found = findStateDict(file.name, value, checkpoint);
  const { others, beside, series } = found;
  const tensors = await store(found.tensors);
  const notes =
    found.leftOut.length === 0
      ? []
      : [`${baseNameOf(file)}: left out what is no weight of the model: ${someOf(found.leftOut)}.`];
  const besideTensors = await store(vectorsAmong(beside)).catch(() => new Map<string, StoredTensor>());
  return { tensors, notes, others, beside, besideTensors, ...(series ? { series } : {}) };
}

/** Beside the weights no tensor is refused: only vectors are of use, and data of training may lie as it likes. */
const vectorsAmong = (beside: ReadonlyMap<string, PickleValue>) =>
  new Map([...beside].filter(([, value]) => value instanceof TorchTensor && isVector(value)));

const isVector = ({ shape, strides, storage, offset }: TorchTensor) =>
  shape.filter((n) => n > 1).length <= 1 &&
  hasStrides(shape, strides, rowMajor(shape)) &&
  offset + shape.reduce((product, n) => product * n, 1) <= storage.elements;

/** The archive's one folder, with its slash. */
function rootOf(file: ByteFile, directory: ZipDirectory): string {
  const pickles = [...directory.keys()].filter((name) => name.endsWith(`/${PICKLE}`) && depthOf(name) === 2);
  const [only] = pickles;
  if (only === undefined) throw noCheckpoint(file);
  if (pickles.length > 1) {
    throw new VitrineError(
      "BadFile",
      `${file.name} holds ${pickles.length} checkpoints (${pickles.slice(0, 4).map(showText).join(", ")}); save each in a file of its own.`,
    );
  }
  const root = only.slice(0, -PICKLE.length);
  if (!directory.has(`${root}constants.pkl`)) return root;
  throw new VitrineError(
    "Unsupported",
    `${file.name} is a TorchScript archive, which holds code; save its state_dict() with torch.save instead.`,
  );
}

const depthOf = (name: string) => name.split("/").length;

const noCheckpoint = ({ name }: ByteFile) =>
  new VitrineError(
    "BadFile",
    `${name} is a zip archive without */${PICKLE}, so it is no PyTorch checkpoint.`,
  );

/** Written since torch 2.1; before, files were those of the machine, and such machines are little-endian. */
async function checkByteOrder(file: ByteFile, directory: ZipDirectory, root: string): Promise<void> {
  const entry = directory.get(`${root}byteorder`);
  if (entry === undefined) return;
  const order = new TextDecoder().decode(await readZipEntry(file, entry, MAX_MARKER_BYTES));
  if (order === "little") return;
  throw new VitrineError(
    "Unsupported",
    `${file.name}: byteorder is ${showText(order)}, expected "little"; load and save it on a little-endian machine.`,
  );
}

const entryName = (root: string, { key }: TorchStorage) => `${root}data/${key}`;

/** Each mention of a storage says its size, and must say the entry's. */
function checkStorage(
  file: ByteFile,
  directory: ZipDirectory,
  root: string,
  name: string,
  storage: TorchStorage,
): void {
  const bytes = storage.elements * storage.type.elementBytes;
  const found = directory.get(entryName(root, storage))?.bytes;
  if (found === bytes) return;
  throw new VitrineError(
    "BadFile",
    `${file.name}: tensor ${showText(name)} claims a storage of ${storage.elements} ${storage.type.dtype} (${bytes} bytes), but ${showText(entryName(root, storage))} ${found === undefined ? "is not there" : `has ${found}`}; copy it again.`,
  );
}

async function storageStart(
  file: ByteFile,
  directory: ZipDirectory,
  root: string,
  storage: TorchStorage,
): Promise<number> {
  const entry = directory.get(entryName(root, storage));
  if (entry?.method === STORED && entry.packedBytes === entry.bytes)
    return (await locateZipEntry(file, entry)).start;
  throw new VitrineError(
    "Unsupported",
    `${file.name}: ${showText(entryName(root, storage))} is compressed, and weights are read in place; load it and torch.save it again.`,
  );
}

function storedTensor(
  file: ByteFile,
  name: string,
  { storage, offset, shape, strides }: TorchTensor,
  storageStart: number,
): StoredTensor {
  const { dtype, elementBytes } = storage.type;
  const isContiguous = hasStrides(shape, strides, rowMajor(shape));
  if (!isContiguous && !hasStrides(shape, strides, [1, shape[0] ?? 1])) {
    throw new VitrineError(
      "Unsupported",
      `${file.name}: tensor ${showText(name)} of shape [${shape.join(", ")}] has strides [${strides.join(", ")}], expected [${rowMajor(shape).join(", ")}]; save it with .contiguous().`,
    );
  }
  // A zero anywhere makes the product zero, however large the others are.
  const elements = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
  if (offset + elements > storage.elements) {
    throw new VitrineError(
      "BadFile",
      `${file.name}: tensor ${showText(name)} of shape [${shape.join(", ")}] at ${offset} ends behind its storage of ${storage.elements}; copy it again.`,
    );
  }
  const start = storageStart + offset * elementBytes;
  const entry = { name, dtype, shape, start, end: start + elements * elementBytes };
  return isContiguous ? { file, entry } : { file, entry, transposed: true };
}

/** Strides of sizes 0 and 1 do not matter. */
function hasStrides(
  shape: readonly number[],
  strides: readonly number[],
  expected: readonly number[],
): boolean {
  return (
    shape.includes(0) ||
    (shape.length === expected.length && shape.every((n, i) => n === 1 || strides[i] === expected[i]))
  );
}

const rowMajor = (shape: readonly number[]) =>
  shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, 1));
