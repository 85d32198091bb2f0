/** The health check and the logit error, on models whose state is known. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import type { ModelFiles } from "../formats/modelFiles";
import { openModelFiles } from "../formats/modelFiles";
import { fileFromBytes } from "../formats/source";
import { filesFromFolder } from "../formats/sourceNode";
import { loadModel } from "../models/loadModel";
import { checkHealth, sampleTokens } from "./healthCheck";
import { logitError } from "./logitError";

const GOLDEN = join(import.meta.dirname, "../models/golden");

async function openGolden(folder: string): Promise<ModelFiles> {
  const files = await filesFromFolder(join(GOLDEN, folder));
  return openModelFiles(files.filter(({ name }) => !name.startsWith("golden")));
}

/** The same model with one tensor's bytes replaced. */
async function withTensor(files: ModelFiles, name: string, value: number): Promise<ModelFiles> {
  const stored = files.tensors.get(name)!;
  const { start, end } = stored.entry;
  const bytes = new Uint8Array(new Float32Array((end - start) / 4).fill(value).buffer);
  const entry = { ...stored.entry, start: 0, end: bytes.length };
  const tensors = new Map(files.tensors).set(name, { file: fileFromBytes(stored.file.name, bytes), entry });
  return { ...files, tensors };
}

describe("the health check", () => {
  it("says nothing of a model that gives finite logits and has no tokenizer", async () => {
    const { model } = await loadModel(
      await createCpuDevice(),
      await openGolden("llama"),
      "f32",
      NEVER_CANCELLED,
    );
    expect(await checkHealth(model, sampleTokens(model.config, undefined))).toEqual({});
  });

  it("names logits that are not numbers", async () => {
    const broken = await withTensor(await openGolden("llama"), "model.norm.weight", NaN);
    const { model } = await loadModel(await createCpuDevice(), broken, "f32", NEVER_CANCELLED);
    const { problem } = await checkHealth(model, sampleTokens(model.config, undefined));
    expect(problem).toMatch(/logits are not finite/);
  });

  it("calls random weights noise when they can be asked for English", async () => {
    const { model } = await loadModel(
      await createCpuDevice(),
      await openGolden("qwen3"),
      "f32",
      NEVER_CANCELLED,
    );
    const rows = [[3, 14, 15, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]];
    const { nats, problem } = await checkHealth(model, { isEnglish: true, rows });
    expect(nats).toBeGreaterThan(3);
    expect(problem).toMatch(
      /looks like noise: \d\.\d\d nats a token on plain English, where even guessing gives 3\.37/,
    );
  });
});

describe("the logit error", () => {
  it.each(["f16", "q8"] as const)("is small but not zero in %s, and nothing in f32", async (precision) => {
    const device = await createCpuDevice();
    const files = await openGolden("llama");
    const loaded = await loadModel(device, files, precision, NEVER_CANCELLED);
    const sample = sampleTokens(loaded.model.config, undefined);
    const { largest, spread } = (await logitError(device, files, loaded, sample, NEVER_CANCELLED))!;
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(precision === "f16" ? 0.01 * spread : 0.2 * spread);
    const exact = await loadModel(device, files, "f32", NEVER_CANCELLED);
    expect(await logitError(device, files, exact, sample, NEVER_CANCELLED)).toBeUndefined();
  });
});
