/** Plans of memory: which precision a file gets by itself, and what does not fit. */
import { describe, expect, it } from "vitest";
import type { ModelFiles } from "../../formats/storedModel";
import { fileFromBytes } from "../../formats/bytes/source";
import { loadArchitecture } from "../index";
import { checkFits, planModel } from "./plan";

/** A one-layer GPT-2 of these sizes, whose bytes nobody reads. */
function model(dModel: number, dVocab: number, dtype: string): ModelFiles {
  const file = fileFromBytes("model.safetensors", new Uint8Array());
  const norms = ["ln_f", "h.0.ln_1", "h.0.ln_2"];
  const projections: [name: string, inner: number, out: number][] = [
    ["h.0.attn.c_attn", dModel, 3 * dModel],
    ["h.0.attn.c_proj", dModel, dModel],
    ["h.0.mlp.c_fc", dModel, 4 * dModel],
    ["h.0.mlp.c_proj", 4 * dModel, dModel],
  ];
  const shapes: [name: string, shape: number[]][] = [
    ["wte.weight", [dVocab, dModel]],
    ["wpe.weight", [8, dModel]],
    ...norms.flatMap((name): [string, number[]][] => [
      [`${name}.weight`, [dModel]],
      [`${name}.bias`, [dModel]],
    ]),
    ...projections.flatMap(([name, inner, out]): [string, number[]][] => [
      [`${name}.weight`, [inner, out]],
      [`${name}.bias`, [out]],
    ]),
  ];
  return {
    layout: "huggingface",
    config: { model_type: "gpt2", n_embd: dModel, n_head: 1, n_layer: 1, vocab_size: dVocab, n_positions: 8 },
    tensors: new Map(
      shapes.map(([name, shape]) => [name, { file, entry: { name, dtype, shape, start: 0, end: 0 } }]),
    ),
    weightFiles: [file],
    notes: [],
  };
}

const architecture = await loadArchitecture("gpt2");

describe("a model's own precision", () => {
  it.each([
    ["F32", 64, "f32"],
    ["F16", 64, "f16"],
    ["BF16", 64, "f32"],
    ["Q8_0", 64, "f32"],
    ["F32", 4096, "f32"],
    ["BF16", 4096, "f16"],
    ["Q4_K", 4096, "f16"],
  ])("%s, %d wide, is %s", (dtype, dModel, precision) => {
    expect(planModel(architecture, model(dModel, 50_000, dtype), "auto").precision).toBe(precision);
  });
});

describe("what does not fit", () => {
  const limits = { maxBufferBytes: 2 ** 30, maxWorkgroupsPerAxis: 65_535 };

  it("is refused with the numbers, and with the precision that would fit", () => {
    const files = model(4096, 50_000, "F32");
    const plan = planModel(architecture, files, "f32");
    const check = (maxTotalBytes: number) => () => checkFits(plan, { ...limits, maxTotalBytes }, files);
    expect(check(Infinity)).not.toThrow();
    expect(check(0.9e9)).toThrow(
      /needs 1\.\d\d GiB in f32; the device holds 0\.84 GiB\. In f16 it fits: choose that\.$/,
    );
    expect(check(0.5e9)).toThrow(/In q8 it fits/);
    expect(check(0.1e9)).toThrow(/406,\d{3},\d{3} parameters .* Load a smaller model\.$/);
  });

  it("counts weights, keys and values, and logits", () => {
    const { weightBytes, parameters, cacheBytesPerToken, logitBytesPerToken } = planModel(
      architecture,
      model(64, 1000, "F32"),
      "f32",
    );
    expect(weightBytes).toBe(4 * parameters);
    expect([cacheBytesPerToken, logitBytesPerToken]).toEqual([2 * 64 * 4, 4000]);
  });
});
