/**
 * Arrays of an npz archive: a zip of .npy files, as numpy.savez (stored) and numpy.savez_compressed (deflated) write it.
 * Each array becomes a byte range, in the archive itself or in its inflated entry.
 */
import { VitrineError } from "../../../protocol/errors";
import { inflatedFile, inflateStart } from "./inflate";
import type { StoredTensor } from "../storedModel";
import { MAX_NPY_HEADER_BYTES, parseNpyHeader } from "./npyHeader";
import type { ByteFile } from "./source";
import { DEFLATED, locateZipEntry, readZipDirectory, STORED, type ZipDirectory, type ZipEntry } from "./zip";

const ENDING = ".npy";
const MAX_ARRAYS = 10_000;
/** More than any page can hold. */
const MAX_INFLATED_BYTES = 4 * 2 ** 30;

export const isNpz = (directory: ZipDirectory) => [...directory.keys()].some((name) => name.endsWith(ENDING));

/** By name, without the ending. */
export async function readNpz(file: ByteFile): Promise<Map<string, StoredTensor>> {
  const directory = await readZipDirectory(file);
  const entries = [...directory.values()].filter(({ name }) => name.endsWith(ENDING));
  if (entries.length > MAX_ARRAYS) {
    throw new VitrineError(
      "BadFile",
      `${file.name} holds ${entries.length} arrays, more than ${MAX_ARRAYS}; check it.`,
    );
  }
  const arrays = new Map<string, StoredTensor>();
  for (const entry of entries) {
    const name = entry.name.slice(0, -ENDING.length);
    arrays.set(name, await readArray(file, entry, name));
  }
  return arrays;
}

async function readArray(file: ByteFile, entry: ZipEntry, name: string): Promise<StoredTensor> {
  const packed = await locateZipEntry(file, entry);
  const isDeflated = entry.method === DEFLATED;
  if (!isDeflated && (entry.method !== STORED || entry.packedBytes !== entry.bytes)) {
    throw new VitrineError(
      "Unsupported",
      `${file.name}: entry ${shown(entry.name)} has compression method ${entry.method}; save it with numpy.savez.`,
    );
  }
  if (isDeflated && entry.bytes > MAX_INFLATED_BYTES) {
    throw new VitrineError(
      "OutOfMemory",
      `${file.name}: entry ${shown(entry.name)} inflates to ${entry.bytes} bytes, more than ${MAX_INFLATED_BYTES}; save it with numpy.savez, uncompressed.`,
    );
  }
  const head = isDeflated
    ? await inflateStart(file, entry, packed, MAX_NPY_HEADER_BYTES)
    : await file.slice(packed.start, Math.min(packed.end, packed.start + MAX_NPY_HEADER_BYTES));
  const header = parseNpyHeader(`${file.name}: entry ${shown(entry.name)}`, head);
  const { dtype, elementBytes = 0, shape, isFortran, dataStart } = header;
  // A zero anywhere makes the product zero, however large the others are.
  const elements = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
  if (header.elementBytes !== undefined && dataStart + elements * elementBytes !== entry.bytes) {
    throw new VitrineError(
      "BadFile",
      `${file.name}: array ${shown(name)} has ${entry.bytes - dataStart} bytes, but shape [${shape.join(", ")}] of ${dtype} needs ${elements * elementBytes}; copy it again.`,
    );
  }
  const from = (isDeflated ? 0 : packed.start) + dataStart;
  const end = (isDeflated ? 0 : packed.start) + entry.bytes;
  return {
    file: isDeflated ? inflatedFile(file, entry, packed) : file,
    entry: { name, dtype, shape, start: from, end },
    ...(isFortran && shape.length > 1 ? { transposed: true } : {}),
  };
}

const shown = (name: string) => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
