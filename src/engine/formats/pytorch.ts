/**
 * PyTorch checkpoints, beside a `config.json` or with settings inside: `pytorch_model.bin`, its shards, or any one `.pt` or `.pth`, known by
 * their content. What can be opened as safetensors is left to that layout.
 */
import { VitrineError } from "../../protocol/errors";
import { configBeside } from "./checkpointConfig";
import { readConfig } from "./companions";
import { folderModel } from "./folderModel";
import type { ModelFiles } from "./modelFiles";
import { filesEnding, type ByteFile, type FileSet } from "./source";
import { readTorchArchive } from "./torchArchive";
import type { Series } from "./torchStateDict";
import { chooseWeights, joinTensors, withoutSaes } from "./weightFiles";
import { hasZipMagic } from "./zip";

const NAMES = {
  kind: "PyTorch",
  single: "pytorch_model.bin",
  index: "pytorch_model.bin.index.json",
  indexEnding: ".bin.index.json",
};
const USUAL_NAME = /\.(bin|pt|pth|ckpt)$/;
/** In a small set each file is looked into; in a large folder only those with a usual name. */
const SMALL_SET = 64;

/** A zip's first entry, or the magic number that older files begin with (torch/serialization.py). */
const FIRST_ENTRY_NAME_AT = 30;
const MAX_HEAD_BYTES = 300;
const LEGACY_MAGIC = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const PROTO = 0x80;

export async function readPyTorch(files: FileSet): Promise<ModelFiles | undefined> {
  if (filesEnding(files, ".safetensors").length + filesEnding(files, ".safetensors.index.json").length > 0)
    return undefined;
  const found = await withoutSaes(await findCheckpoints(files), files, NAMES);
  const [first] = found;
  if (first === undefined && filesEnding(files, NAMES.indexEnding).length === 0) return undefined;
  const config = await readConfig(files);
  const weightFiles = await chooseWeights(files, found, NAMES);
  const wanted = config?.["checkpoint"];
  const shards = [];
  for (const file of weightFiles) {
    await refuseLegacy(file);
    shards.push(await readTorchArchive(file, typeof wanted === "number" ? wanted : undefined));
  }
  const checkpoints = shards.find(({ series }) => series)?.series;
  return folderModel("pytorch", files, config, {
    tensors: joinTensors(shards.map(({ tensors }) => [...tensors.values()])),
    weightFiles,
    notes: [...shards.flatMap(({ notes }) => notes), ...(checkpoints ? [whichCheckpoint(checkpoints)] : [])],
    inside: shards.map(({ beside }) => configBeside(beside)).find((found) => found !== undefined),
    ...(checkpoints && { checkpoints }),
  });
}

const whichCheckpoint = ({ names, chosen }: Series) =>
  `The file holds ${names.length} checkpoints; this is the one called ${names[chosen]}. Choose another in the model menu.`;

async function findCheckpoints(files: FileSet): Promise<ByteFile[]> {
  const found: ByteFile[] = [];
  for (const file of files) {
    const isUsual = USUAL_NAME.test(file.name);
    if (!isUsual && files.length > SMALL_SET) continue;
    const head = await file.slice(0, MAX_HEAD_BYTES);
    const isZip = hasZipMagic(head) && (isUsual || beginsWithPickle(head));
    if (isZip || isLegacy(head, isUsual)) found.push(file);
  }
  return found;
}

/** torch.save writes the pickle first; later rewriting of the archive may not. */
function beginsWithPickle(head: Uint8Array): boolean {
  return /^[^/]+\/data\.pkl/.test(new TextDecoder().decode(head.subarray(FIRST_ENTRY_NAME_AT)));
}

function isLegacy(head: Uint8Array, isUsual: boolean): boolean {
  if (LEGACY_MAGIC.every((byte, i) => head[i] === byte)) return true;
  const [first, protocol = 0] = head;
  return isUsual && first === PROTO && protocol >= 2 && protocol <= 5;
}

/** Also asked of autoencoders' files. */
export async function refuseLegacy(file: ByteFile): Promise<void> {
  if (!isLegacy(await file.slice(0, LEGACY_MAGIC.length), true)) return;
  throw new VitrineError(
    "Unsupported",
    `${file.name} is a bare pickle, PyTorch's format before 1.6: load it and torch.save it again with a newer PyTorch.`,
  );
}
