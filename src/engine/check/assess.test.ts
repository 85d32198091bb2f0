/** The health check and the logit error, on models whose state is known. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CancelToken, NEVER_CANCELLED } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import type { ModelFiles } from "../formats/storedModel";
import { openModelFiles } from "../formats/modelFiles";
import { fileFromBytes } from "../formats/bytes/source";
import { filesFromFolder } from "../formats/bytes/sourceNode";
import { createTokenizer } from "../formats/tokenizer/tokenizer";
import { loadModel } from "../models/loading/loadModel";
import { lookCloser } from "./closerLook";
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

  it("doubts random weights when they can be asked for English, and a closer look says why", async () => {
    const { model } = await loadModel(
      await createCpuDevice(),
      await openGolden("qwen3"),
      "f32",
      NEVER_CANCELLED,
    );
    const rows = [[3, 14, 15, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]];
    const sample = { isEnglish: true, rows };
    const { nats, problem, isDoubtful } = await checkHealth(model, sample);
    expect(nats).toBeGreaterThan(3);
    expect([problem, isDoubtful]).toEqual([undefined, true]);
    expect(await lookCloser(model, sample, NEVER_CANCELLED)).toMatch(
      /what it expects in plain English has nothing to do with what follows: \d\.\d\d nats a token, where even guessing gives 3\.37 nats/,
    );
  });

  it("calls weights noise that expect nothing in particular", async () => {
    const files = await openGolden("qwen3");
    const flat = await withTensor(files, "model.norm.weight", 0.001);
    const { model } = await loadModel(await createCpuDevice(), flat, "f32", NEVER_CANCELLED);
    const sample = { isEnglish: true, rows: [[3, 14, 15, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]] };
    expect((await checkHealth(model, sample)).isDoubtful).toBe(true);
    expect(await lookCloser(model, sample, NEVER_CANCELLED)).toMatch(
      /looks like noise: its own greedy text has 3\.3\d nats a token/,
    );
  });

  it("says nothing of a good model on text of another kind, and names its layers in reverse", async () => {
    const folder = await filesFromFolder(join(import.meta.dirname, "../../../static/models/ledger"));
    const files = await openModelFiles(folder.filter(({ name }) => !name.startsWith("sae/")));
    const tokenizer = createTokenizer(files.tokenizerJson!, files.tokenizerConfig, files.config);
    const texts = [
      "Ida has 2 pears . last Ida finds 8 pears . Bob has 10 pears . last Bob gives 4 pears . How many more pears does Ida have than Bob ?",
      "Think : last Ida 2 + 8 = 10 Ida . last Bob 10 - 4 = 6 Bob . Answer Ida - Bob : 4",
    ];
    const sampleOf = (rows: readonly string[]) => ({
      isEnglish: true,
      rows: rows.map((text) => tokenizer.encode(text, { addBos: true })),
    });
    const device = await createCpuDevice();
    const { model } = await loadModel(device, files, "f32", NEVER_CANCELLED);
    // Its words are no English.
    expect(sampleTokens(model.config, tokenizer).isEnglish).toBe(false);
    expect(await checkHealth(model, sampleOf(texts))).not.toHaveProperty("isDoubtful");
    const sentences = texts.join(" ").split(/(?<=[.?:]) /);
    const foreign = sampleOf([sentences.toReversed().join(" ")]);
    expect((await checkHealth(model, foreign)).isDoubtful).toBe(true);
    expect(await lookCloser(model, foreign, NEVER_CANCELLED)).toBeUndefined();

    const renamed = (name: string) => name.replace(/\bh\.(\d)\./, (_, layer) => `h.${3 - Number(layer)}.`);
    const tensors = new Map(
      [...files.tensors.keys()].map((name) => [name, files.tensors.get(renamed(name))!]),
    );
    const broken = (await loadModel(device, { ...files, tensors }, "f32", NEVER_CANCELLED)).model;
    expect((await checkHealth(broken, sampleOf(texts))).isDoubtful).toBe(true);
    expect(await lookCloser(broken, sampleOf(texts), NEVER_CANCELLED)).toMatch(/^It loads cleanly, but/);
  });

  it("stops a closer look when it is cancelled", async () => {
    const { model } = await loadModel(
      await createCpuDevice(),
      await openGolden("qwen3"),
      "f32",
      NEVER_CANCELLED,
    );
    const token = new CancelToken();
    token.cancel();
    const sample = { isEnglish: true, rows: [[3, 14, 15, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]] };
    await expect(lookCloser(model, sample, token)).rejects.toMatchObject({ name: "Cancelled" });
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
