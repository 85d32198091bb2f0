/** Small models of several architectures that others made: their published logits, texts and activations. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../src/protocol/cancel";
import { createCpuDevice } from "../src/engine/device/cpu";
import { openModelFiles } from "../src/engine/formats/modelFiles";
import { fileFromBytes, type FileSet } from "../src/engine/formats/bytes/source";
import { run } from "../src/engine/interp/pass/runRows";
import { generate } from "../src/engine/methods/generate/generate";
import { loadModel } from "../src/engine/models/loading/loadModel";
import type { Model } from "../src/engine/models/model";
import { compatJson, compatPath, isMissing } from "./folder";

const fileFrom = (name: string, path: string) =>
  fileFromBytes(name, new Uint8Array(readFileSync(compatPath(path))));

export async function load(files: FileSet): Promise<Model> {
  const opened = await openModelFiles(files);
  return (await loadModel(await createCpuDevice(), opened, "f32", NEVER_CANCELLED)).model;
}

/** Largest |difference| of the logits of whole sequences. */
async function worstLogit(model: Model, sequences: number[][], logits: number[][][]): Promise<number> {
  const { captures } = await run(model, {
    rows: sequences.map((tokens) => ({ tokens })),
    capture: ["logits"],
  });
  return Math.max(
    ...captures.flatMap(({ row, data }) => logits[row]!.flat().map((value, i) => Math.abs(value - data[i]!))),
  );
}

interface Published {
  readonly sequences: number[][];
  readonly logits: number[][][];
}

describe.skipIf(isMissing("tiny_archs"))("tiny_archs", () => {
  const LLAMA_SHARDS = [
    "tiny_llama-00001-of-00002.safetensors",
    "tiny_llama-00002-of-00002.safetensors",
  ] as const;

  it.each([
    ["tiny_llama", "tiny_llama_config.json", "tiny_llama_logits.json", ["tiny_llama.safetensors"]],
    ["tiny_llama as GGUF", "tiny_llama_config.json", "tiny_llama_logits.json", ["tiny_llama_f32.gguf"]],
    ["tiny_llama in shards", "tiny_llama_config.json", "tiny_llama_logits.json", LLAMA_SHARDS],
    ["tiny_gptneo", "tiny_gptneo_config.json", "tiny_gptneo_logits.json", ["tiny_gptneo.safetensors"]],
    ["tiny_gptj", "tiny_gptj_config.json", "tiny_gptj_logits.json", ["tiny_gptj.safetensors"]],
    ["tiny_bloom", "tiny_bloom_config.json", "tiny_bloom_logits.json", ["tiny_bloom.safetensors"]],
  ])("%s gives the published logits to 1e-5", async (name, config, reference, weights) => {
    const [first = ""] = weights;
    const isGguf = first.endsWith(".gguf");
    const files = [
      ...(isGguf ? [] : [fileFrom("config.json", `tiny_archs/${config}`)]),
      ...(weights.length > 1
        ? [
            fileFrom("model.safetensors.index.json", "tiny_archs/tiny_llama.safetensors.index.json"),
            ...weights.map((file) => fileFrom(file, `tiny_archs/${file}`)),
          ]
        : [fileFrom(isGguf ? "model.gguf" : "model.safetensors", `tiny_archs/${first}`)]),
    ];
    const { sequences, logits } = compatJson<Published>(`tiny_archs/${reference}`);
    const worst = await worstLogit(await load(files), sequences, logits);
    console.log(`${name}: largest logit difference ${worst.toExponential(1)}`);
    expect(worst).toBeLessThan(1e-5);
  });
});

interface Stories {
  readonly tokens_generated: number[];
  readonly tokens: number[];
  readonly logits: number[][];
  readonly attn_pattern_layer0: number[][][];
}

describe.skipIf(isMissing("stories260K"))("stories260K", () => {
  const reference = compatJson<Stories>("stories260K/reference.json");

  const FILES = {
    "Hugging Face": ["config.json", "model.safetensors"],
    "llama2.c": ["stories260K.bin", "tok512.bin"],
  };

  it.each(Object.entries(FILES))(
    "writes the expected 200 tokens, with the published logits: %s",
    async (_, names) => {
      const model = await load(names.map((name) => fileFrom(name, `stories260K/${name}`)));
      const { captures } = await run(model, {
        rows: [{ tokens: reference.tokens }],
        capture: ["logits", "blocks.0.attn.pattern"],
      });
      const data = (site: string) => captures.find((capture) => capture.site === site)!.data;
      const worst = (site: string, expected: number[]) =>
        Math.max(...expected.map((value, i) => Math.abs(value - data(site)[i]!)));
      expect(worst("logits", reference.logits.flat())).toBeLessThan(1e-4);
      expect(worst("blocks.0.attn.pattern", reference.attn_pattern_layer0.flat(2))).toBeLessThan(1e-5);

      const greedy = { temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
      const request = { tokens: [1], maxTokens: 200, ...greedy };
      const { tokens } = await generate(model, request, NEVER_CANCELLED);
      expect(tokens).toEqual(reference.tokens_generated.slice(1));
    },
  );
});

interface Routing {
  readonly example_tokens: number[];
  readonly resid: number[][][];
  readonly logits_last: number[];
}

describe.skipIf(isMissing("residual_verify"))("residual_verify, a TransformerLens model", () => {
  it("gives the recorded residuals and logits", async () => {
    const {
      example_tokens: tokens,
      resid,
      logits_last: last,
    } = compatJson<Routing>("residual_verify/reference.json");
    const model = await load(
      ["cfg.json", "model.safetensors"].map((name) => fileFrom(name, `residual_verify/${name}`)),
    );
    const sites = ["blocks.0.resid_pre", "blocks.0.resid_post", "blocks.1.resid_post"];
    const { captures } = await run(model, { rows: [{ tokens }], capture: [...sites, "logits"] });
    const worst = (site: string, expected: number[], from = 0) =>
      Math.max(
        ...expected.map((value, i) =>
          Math.abs(value - captures.find((capture) => capture.site === site)!.data[from + i]!),
        ),
      );
    sites.forEach((site, i) => expect(worst(site, resid[i]!.flat()), site).toBeLessThan(1e-5));
    expect(worst("logits", last, (tokens.length - 1) * last.length)).toBeLessThan(1e-5);
  });
});
