/** Which files a path names: a model's folder, one of several files of weights, or an error that lists what is there. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { modelFilesFromPath } from "./sourceNode";

let root: string;
const NAMES = [
  ...["one/config.json", "one/model.safetensors", "one/tokenizer.json", "one/sae/sae_weights.safetensors"],
  ...["many/a.gguf", "many/b.gguf", "steps/config.json", "steps/s1.safetensors", "steps/s2.safetensors"],
  ...["mixed/config.json", "mixed/a-00001-of-00002.safetensors", "mixed/a-00002-of-00002.safetensors"],
  ...["mixed/a.safetensors.index.json", "mixed/b.safetensors"],
  ...["nest/a/config.json", "nest/a/model.safetensors", "nest/b/config.json", "nest/b/model.safetensors"],
];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "vitrine-models-"));
  for (const name of NAMES) {
    mkdirSync(join(root, dirname(name)), { recursive: true });
    writeFileSync(join(root, name), "x".repeat(200_000));
  }
});
afterAll(() => rmSync(root, { recursive: true }));

const names = async (path: string) =>
  (await modelFilesFromPath(join(root, path))).map(({ name }) => name).sort();

it("reads a folder with one model", async () => {
  expect(await names("one")).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
});

it("reads one file of several, with what belongs to it", async () => {
  expect(await names("many/b.gguf")).toEqual(["b.gguf"]);
  expect(await names("steps/s2.safetensors")).toEqual(["config.json", "s2.safetensors"]);
});

it("reads all shards of a model where one is named, as the list of models advises", async () => {
  const shards = ["a-00001-of-00002.safetensors", "a-00002-of-00002.safetensors"];
  await expect(names("mixed")).rejects.toThrow(new RegExp(`Name one: --model .*mixed/${shards[0]}$`));
  for (const shard of shards) {
    expect(await names(`mixed/${shard}`)).toEqual([...shards, "a.safetensors.index.json", "config.json"]);
  }
  expect(await names("mixed/b.safetensors")).toEqual(["b.safetensors", "config.json"]);
});

it.each([
  ["many", /has 2 models: a\.gguf \(200 kB\), b\.gguf \(200 kB\)\. Name one: --model .*many\/a\.gguf$/],
  ["steps", /2 models: s1\.safetensors \(200 kB\), s2\.safetensors/],
  ["nest", /2 models: a \(200 kB\), b \(200 kB\)\. Name one: --model .*nest\/a$/],
])("lists the models in %s", async (path, sentence) => {
  await expect(names(path)).rejects.toThrow(sentence);
});
