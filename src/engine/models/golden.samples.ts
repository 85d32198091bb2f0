/** The tiny models with golden runs (training/golden/), for tests: one of every architecture and of its variants. */
import { join } from "node:path";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import { openModelFiles } from "../formats/modelFiles";
import type { ModelFiles } from "../formats/storedModel";
import { readSafetensorsHeader } from "../formats/safetensors";
import { fileFromBytes, fileNamed, type FileSet } from "../formats/bytes/source";
import { filesFromFolder } from "../formats/bytes/sourceNode";
import { readRows } from "../formats/tensorReader";
import { loadModel } from "./loading/loadModel";
import type { Model } from "./model";

export const GOLDEN = join(import.meta.dirname, "golden");
type Change = Record<string, unknown>;

/** Recorded runs, what their config is changed to, and the recording. */
export const GOLDEN_RUNS: readonly [folder: string, change?: Change, recording?: string][] = [
  ["tinyGpt2", { activation_function: "gelu_new" }],
  ["tinyGpt2", { activation_function: "gelu" }, "goldenExactGelu.safetensors"],
  ["gpt_neo"],
  ["gpt_neox"],
  ["gpt_neox_sequential"],
  ["gptj"],
  ["gpt_bigcode"],
  ["gpt_bigcode_heads"],
  ["opt"],
  ["opt_after"],
  ["opt_bare"],
  ["bloom"],
  ["bloom_on_normed"],
  ["llama"],
  ["llama3_scaled"],
  ["llama_linear"],
  ["mistral"],
  ["mistral", { layer_types: ["sliding_attention", "sliding_attention"] }],
  ["qwen2"],
  ["qwen3"],
  ["gemma"],
  ["gemma2"],
  ["gemma2", { layer_types: ["sliding_attention", "full_attention", "sliding_attention"] }],
  ["gemma3_text"],
  ["phi"],
  ["phi3"],
  ["phi3_partial"],
  ["olmo2"],
  ["starcoder2"],
  ["tl_attn_only"],
  ["tl_lnpre"],
  ["tl_none"],
  ["tl_relu_ln"],
  ["tl_rotary"],
  ["tl_shortformer"],
];

const folders = new Map<string, Promise<FileSet>>();

/** A folder's files, read once: thousands of tests open them, and the disk is slower than what they test. */
function filesInMemory(folder: string): Promise<FileSet> {
  const files = folders.get(folder) ?? readFiles(join(GOLDEN, folder));
  folders.set(folder, files);
  return files;
}

async function readFiles(path: string): Promise<FileSet> {
  const files = await filesFromFolder(path);
  return Promise.all(files.map(async (file) => fileFromBytes(file.name, await file.slice(0, file.size))));
}

export async function openFolder(folder: string): Promise<ModelFiles> {
  const files = await filesInMemory(folder);
  return openModelFiles(files.filter(({ name }) => !name.startsWith("golden")));
}

async function readRecording(folder: string, name: string) {
  const file = fileNamed(await filesInMemory(folder), name)!;
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const sites = new Map<string, { shape: readonly number[]; data: number[] }>();
  for (const entry of tensors) {
    const data: number[] = [];
    for await (const slice of readRows({ file, entry })) data.push(...slice.data);
    sites.set(entry.name, { shape: entry.shape, data });
  }
  return { sites, numbers: (key: string) => JSON.parse(metadata[key]!) as number[] };
}

export async function readGolden(folder: string, name: string) {
  const { sites, numbers } = await readRecording(folder, name);
  return { sites, tokens: numbers("tokens") };
}

/** Gradients of Σ weight · log p(target) over all positions, by every site but the scales of norms. */
export async function readGradients(folder: string, name: string) {
  const { sites, numbers } = await readRecording(folder, name);
  return { sites, tokens: numbers("tokens"), targets: numbers("targets"), weights: numbers("weights") };
}

export async function loadChanged(files: ModelFiles, change: Change = {}): Promise<Model> {
  const changed = { ...files, config: { ...files.config, ...change } };
  return (await loadModel(await createCpuDevice(), changed, "f32", NEVER_CANCELLED)).model;
}
