/**
 * PyTorch checkpoints, beside a `config.json` or with settings inside: `pytorch_model.bin`, its shards, or any one `.pt` or `.pth`, known by
 * their content. What can be opened as safetensors is left to that layout.
 */
import { isLegacy, refuseLegacy } from "./legacy";
import { configBeside } from "./checkpointConfig";
import { readConfig } from "../tokenizer/tokenizerFiles";
import { folderModel } from "../folderModel";
import type { ModelFiles } from "../storedModel";
import { filesEnding, type ByteFile, type FileSet } from "../bytes/source";
import { readTorchArchive } from "./torchArchive";
import type { Series } from "./torchStateDict";
import { chooseWeights, joinTensors, withoutSaes } from "../weightFiles";
import { hasZipMagic } from "../bytes/zip";

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
