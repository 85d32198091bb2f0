/**
 * The Hugging Face layout: `config.json`, `model.safetensors` or shards named by `model.safetensors.index.json`,
 * `tokenizer.json` and its companions. Any single `.safetensors` file beside a config will do.
 */
import { VitrineError } from "../../protocol/errors";
import { readConfig } from "./companions";
import { folderModel } from "./folderModel";
import type { ModelFiles } from "./modelFiles";
import { readSafetensorsHeader } from "./safetensors";
import { filesEnding, type FileSet } from "./source";
import { chooseWeights, joinTensors } from "./weightFiles";

const NAMES = {
  kind: ".safetensors",
  single: "model.safetensors",
  index: "model.safetensors.index.json",
  indexEnding: ".safetensors.index.json",
};

export async function readHuggingFace(files: FileSet): Promise<ModelFiles | undefined> {
  const config = await readConfig(files);
  const weights = filesEnding(files, ".safetensors");
  if (config === undefined) {
    const [first] = weights;
    if (first === undefined) return undefined;
    throw new VitrineError(
      "BadFile",
      `config.json not found beside ${first.name}: drop the whole folder, or both files.`,
    );
  }
  const weightFiles = await chooseWeights(files, weights, NAMES);
  const shards = [];
  for (const file of weightFiles) {
    const { tensors } = await readSafetensorsHeader(file);
    shards.push(tensors.map((entry) => ({ file, entry })));
  }
  return folderModel("huggingface", files, config, { tensors: joinTensors(shards), weightFiles, notes: [] });
}
