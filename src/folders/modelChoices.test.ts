/** What counts as one model, and what as several. */
import { expect, it } from "vitest";
import { modelChoices } from "./modelChoices";

const files = (...names: string[]) => names.map((name, i) => ({ name, size: 10 ** i }));
const named = (...names: string[]) => modelChoices(files(...names)).map(({ name }) => name);

it("finds one model where there is one", () => {
  expect(named("config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json")).toHaveLength(1);
  expect(
    named("config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"),
  ).toHaveLength(1);
  expect(named("a/config.json", "a/model.safetensors", "a/training_args.bin", "a/optimizer.pt")).toEqual([
    "a",
  ]);
  expect(named("stories.bin", "tokenizer.bin")).toEqual(["stories.bin"]);
  expect(named("stories.bin", "tok512.bin")).toEqual(["stories.bin"]);
  expect(named("m/config.json", "m/model.safetensors", "m/original/consolidated.00.pth")).toEqual(["m"]);
  expect(named("config.json")).toEqual([]);
});

it("finds several: files of their own, and folders", () => {
  expect(named("a.gguf", "b.gguf", "README.md")).toEqual(["a.gguf", "b.gguf"]);
  expect(named("top/a/config.json", "top/a/model.safetensors", "top/b/config.json", "top/b/w.pt")).toEqual([
    "top/a",
    "top/b",
  ]);
  expect(named("a.safetensors", "b-00001-of-00002.safetensors", "b-00002-of-00002.safetensors")).toEqual([
    "a.safetensors",
    "b-00001-of-00002.safetensors",
  ]);
  expect(named("config.json", "model.safetensors", "small.gguf")).toEqual([
    "model.safetensors",
    "small.gguf",
  ]);
});

it("gives each its weights' size and the small files beside it", () => {
  const [a, b] = modelChoices(
    files("config.json", "step1.safetensors", "step2.safetensors", "tokenizer.json"),
  );
  expect(a).toMatchObject({ name: "step1.safetensors", sizeBytes: 10 });
  expect(a?.files.map(({ name }) => name)).toEqual(["step1.safetensors", "config.json", "tokenizer.json"]);
  expect(b).toMatchObject({ name: "step2.safetensors", sizeBytes: 100 });
});

it("leaves the index of shards to the model that they are of", () => {
  const index = "a.safetensors.index.json";
  const shards = ["a-00001-of-00002.safetensors", "a-00002-of-00002.safetensors"];
  const [a, b] = modelChoices(files("config.json", ...shards, index, "b.safetensors"));
  expect(a?.files.map(({ name }) => name)).toEqual([...shards, "config.json", index]);
  expect(b?.files.map(({ name }) => name)).toEqual(["b.safetensors", "config.json"]);
});
