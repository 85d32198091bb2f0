import { expect, it } from "vitest";
import { chooseParts, partsToKeep } from "./modelParts";
import { fileFromBytes } from "./bytes/source";

const weightsOf = (...names: string[]) => chooseParts(["config.json", "README.md", ...names], "o/n").weights;

it.each([
  [["model.safetensors", "pytorch_model.bin", "model.gguf"], "model.safetensors"],
  [
    ["model.safetensors.index.json", "model-1.safetensors", "pytorch_model.bin"],
    "model.safetensors.index.json",
  ],
  [["weights.safetensors", "pytorch_model.bin"], "weights.safetensors"],
  [["a.safetensors", "b.safetensors", "pytorch_model.bin"], "pytorch_model.bin"],
  [
    ["adapter_model.safetensors", "training_args.bin", "optimizer.pt", "pytorch_model.bin"],
    "pytorch_model.bin",
  ],
  [["stories15M.bin", "tokenizer.bin"], "stories15M.bin"],
  [["toy.pth"], "toy.pth"],
  [["model-Q8_0.gguf"], "model-Q8_0.gguf"],
])("of %j fetches %s", (names, weights) => expect(weightsOf(...names)).toBe(weights));

it("asks which one where several would do, and says when there is none", () => {
  expect(() => weightsOf("a-Q4_0.gguf", "a-Q8_0.gguf")).toThrow(
    "o/n has 2 files of weights (a-Q4_0.gguf, a-Q8_0.gguf): open one of them by its own address.",
  );
  expect(() => weightsOf("model.onnx")).toThrow("o/n has no model.safetensors");
});

it("takes what completes the weights, and nothing beside a GGUF file", () => {
  const names = ["config.json", "tokenizer.json", "vocab.json", "special_tokens_map.json"];
  expect(chooseParts([...names, "model.safetensors"], "o/n").companions).toEqual([
    "config.json",
    "tokenizer.json",
  ]);
  expect(chooseParts([...names, "model.gguf"], "o/n").companions).toEqual([]);
});

it("keeps the weights and what says how to read them, of a folder that holds more", () => {
  const files = [
    "m/config.json",
    "m/model.safetensors",
    "m/notes.txt",
    "m/sae/cfg.json",
    "tokenizer.json",
  ].map((name) => fileFromBytes(name, new Uint8Array()));
  const kept = partsToKeep(files, files.slice(1, 2)).map(({ name }) => name);
  expect(kept).toEqual(["m/config.json", "tokenizer.json", "m/model.safetensors"]);
});
