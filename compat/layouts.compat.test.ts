/** Models of others in their own layouts: a llama2.c checkpoint equals the same weights in safetensors. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import type { ModelFiles, StoredTensor } from "../src/engine/formats/storedModel";
import type { ByteFile } from "../src/engine/formats/bytes/source";
import { filesFromFolder } from "../src/engine/formats/bytes/sourceNode";
import { readRows } from "../src/engine/formats/tensorReader";
import { createTokenizer, type Tokenizer } from "../src/engine/formats/tokenizer/tokenizer";
import { compatJson, compatPath, isMissing } from "./folder";

async function valuesOf(tensor: StoredTensor): Promise<number[]> {
  const values: number[] = [];
  for await (const { data } of readRows(tensor)) values.push(...data);
  return values;
}

const someOf = (files: readonly ByteFile[], pattern: RegExp) =>
  files.filter(({ name }) => pattern.test(name));

const tokenizerOf = ({ tokenizerJson, tokenizerConfig, config }: ModelFiles): Tokenizer =>
  createTokenizer(tokenizerJson!, tokenizerConfig, config);

describe.skipIf(isMissing("stories260K"))("stories260K.bin with tok512.bin", () => {
  const opened = (async () => {
    const files = await filesFromFolder(compatPath("stories260K"));
    return {
      llama2c: await openModelFiles(someOf(files, /\.bin$/)),
      plain: await openModelFiles(someOf(files, /^(config\.json|model\.safetensors)$/)),
    };
  })();

  it("equals model.safetensors, tensor by tensor", async () => {
    const { llama2c, plain } = await opened;
    expect(llama2c).toMatchObject({ layout: "llama2c", notes: [] });
    // The safetensors hold the tied classifier a second time.
    const tied = plain.tensors.get("lm_head.weight");
    const names = [...plain.tensors.keys()].filter((name) => name !== "lm_head.weight");
    expect([...llama2c.tensors.keys()].sort()).toEqual(names.sort());
    for (const [name, tensor] of llama2c.tensors) {
      const other = plain.tensors.get(name)!;
      expect(tensor.entry.shape, name).toEqual(other.entry.shape);
      expect(await valuesOf(tensor), name).toEqual(await valuesOf(other));
    }
    const embedding = await valuesOf(llama2c.tensors.get("model.embed_tokens.weight")!);
    if (tied) expect(await valuesOf(tied)).toEqual(embedding);
  });

  it("has the same config", async () => {
    const { llama2c, plain } = await opened;
    for (const [name, value] of Object.entries(plain.config))
      if (name !== "architectures") expect(llama2c.config[name], name).toEqual(value);
  });

  it("has the tokenizer that the model was run with", async () => {
    const tokenizer = tokenizerOf((await opened).llama2c);
    const { tokens_generated: ids, text } = compatJson<{ tokens_generated: number[]; text: string }>(
      "stories260K/reference.json",
    );
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.encode(text, { addBos: true })).toEqual(ids);
    expect(readFileSync(compatPath("stories260K/expected_greedy_200.txt"), "utf8")).toContain(text);
  });
});

describe.skipIf(isMissing("residual_verify"))("residual_verify", () => {
  it("opens as TransformerLens, under its own names", async () => {
    const model = await openModelFiles(await filesFromFolder(compatPath("residual_verify")));
    expect(model.layout).toBe("transformerlens");
    const cfg = compatJson<Record<string, unknown>>("residual_verify/cfg.json");
    expect(model.config).toEqual({ ...cfg, model_type: "hooked_transformer" });
    const shapeOf = (name: string) => model.tensors.get(name)?.entry.shape;
    expect(shapeOf("embed.W_E")).toEqual([12, 32]);
    expect(shapeOf("blocks.1.attn.W_Q")).toEqual([4, 32, 8]);
    expect(shapeOf("blocks.1.attn.W_O")).toEqual([4, 8, 32]);
  });
});
