/**
 * The Hugging Face layout: `config.json`, `model.safetensors` or shards named by `model.safetensors.index.json`,
 * `tokenizer.json` and its companions. Any single `.safetensors` file beside a config will do.
 */
import { readConfig } from "./tokenizer/tokenizerFiles";
import { folderModel } from "./folderModel";
import type { ModelFiles } from "./storedModel";
import { readSafetensorsHeader } from "./safetensors";
import { filesEnding, type FileSet } from "./bytes/source";
import { chooseWeights, joinTensors, withoutSaes } from "./weightFiles";

const NAMES = {
  kind: ".safetensors",
  single: "model.safetensors",
  index: "model.safetensors.index.json",
  indexEnding: ".safetensors.index.json",
};

export async function readHuggingFace(files: FileSet): Promise<ModelFiles | undefined> {
  const config = await readConfig(files);
  const weights = await withoutSaes(filesEnding(files, ".safetensors"), files, NAMES);
  if (config === undefined && weights.length === 0) return undefined;
  const weightFiles = await chooseWeights(files, weights, NAMES);
  const shards = [];
  for (const file of weightFiles) {
    const { tensors } = await readSafetensorsHeader(file);
    shards.push(tensors.map((entry) => ({ file, entry })));
  }
  return folderModel("huggingface", files, config, { tensors: joinTensors(shards), weightFiles, notes: [] });
}
