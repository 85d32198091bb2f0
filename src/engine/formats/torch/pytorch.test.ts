/** PyTorch checkpoints: every kind of tensor that torch saves comes back, and what cannot be read says why. */
import { describe, expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../protocol/errors";
import type { ModelFiles } from "../storedModel";
import { openModelFiles } from "../modelFiles";
import { writeSafetensors } from "../safetensors";
import { fileFromBytes, type ByteFile } from "../bytes/source";
import { readRows } from "../tensorReader";
import { archiveOf, CONFIG, fixture, fixtureBytes, hostilePickles } from "./torch.samples";
import { readTorchArchive } from "./torchArchive";
import { readZipDirectory, readZipEntry } from "../bytes/zip";
import { sampleZip, type SampleEntry } from "../bytes/zip.samples";

async function valuesOf(tensors: ModelFiles["tensors"], name: string): Promise<number[]> {
  const values: number[] = [];
  for await (const { data } of readRows(tensors.get(name)!)) values.push(...data);
  return values;
}

const quarters = (count: number, from = 0) => Array.from({ length: count }, (_, i) => (from + i) / 4);
const text = (content: string) => new TextEncoder().encode(content);
const json = (name: string, value: object) => fileFromBytes(name, text(JSON.stringify(value)));
const refusal = (file: ByteFile) =>
  readTorchArchive(file).then(
    () => expect.fail("it was read"),
    (error: Error) => error,
  );

describe("readTorchArchive", () => {
  it("reads every dtype, view and parameter of a state dict", async () => {
    const { tensors, notes } = await readTorchArchive(fixture("kinds.pt"));
    const shapes = Object.fromEntries([...tensors].map(([name, { entry }]) => [name, entry.shape]));
    expect(shapes).toEqual({
      ...{ f32: [2, 3], f16: [3], bf16: [3], f64: [2, 2], i64: [3], mask: [2, 2], scalar: [], empty: [0, 3] },
      ...{ turned: [3, 2], parameter: [2], first: [2], second: [4], expanded: [1, 4] },
    });
    const dtypes = ["f32", "f16", "bf16", "f64", "i64", "mask"].map((name) => tensors.get(name)!.entry.dtype);
    expect(dtypes).toEqual(["F32", "F16", "BF16", "F64", "I64", "BOOL"]);
    for (const [name, count] of Object.entries({
      f32: 6,
      f16: 3,
      bf16: 3,
      f64: 4,
      parameter: 2,
      expanded: 4,
    }))
      expect(await valuesOf(tensors, name), name).toEqual(quarters(count));
    expect(await valuesOf(tensors, "scalar")).toEqual([0.5]);
    expect(notes).toEqual([]);
  });

  it("turns a transposed view while it is read", async () => {
    const { tensors } = await readTorchArchive(fixture("kinds.pt"));
    expect(tensors.get("turned")!.transposed).toBe(true);
    expect(await valuesOf(tensors, "turned")).toEqual([0, 0.75, 0.25, 1, 0.5, 1.25]);
  });

  it("lets tensors share a storage", async () => {
    const { tensors } = await readTorchArchive(fixture("kinds.pt"));
    expect(await valuesOf(tensors, "first")).toEqual(quarters(2));
    expect(await valuesOf(tensors, "second")).toEqual(quarters(4, 2));
    expect(tensors.get("first")!.entry.end).toBe(tensors.get("second")!.entry.start);
  });

  it.each(["protocol3.pt", "protocol4.pt", "protocol5.pt", "deflatedPickle.pt"])("reads %s", async (name) => {
    const { tensors } = await readTorchArchive(fixture(name));
    expect(await valuesOf(tensors, "a")).toEqual(quarters(6));
    expect(await valuesOf(tensors, "b")).toEqual(quarters(2));
  });

  it("finds the model among what training keeps, and says what it left out", async () => {
    const { tensors, notes } = await readTorchArchive(fixture("training.pt"));
    expect([...tensors.keys()]).toEqual(["weight", "bias"]);
    expect(await valuesOf(tensors, "weight")).toEqual(quarters(6));
    expect(notes).toEqual([
      "training.pt: left out what is no weight of the model: optimizer, step, loss, seed, args.",
    ]);
  });

  it.each<[string, ByteFile, string, RegExp]>([
    [
      "strides",
      fixture("strided.pt"),
      "Unsupported",
      /"skips" of shape \[4, 2\] has strides \[4, 2\].*contiguous/,
    ],
    ["objects of a script", fixture("script.pt"), "BadFile", /no tensors, .* but module: .*state_dict\(\)/],
    ["no tensors", fixture("numbers.pt"), "BadFile", /no tensors, .* but step, names/],
    [
      "compressed weights",
      fixture("deflated.pt"),
      "Unsupported",
      /data\/0" is compressed.*torch\.save it again/,
    ],
    ["a cut file", fileFromBytes("m.pt", fixtureBytes("kinds.pt").slice(0, 2000)), "BadFile", /truncated/],
  ])("refuses %s", async (_, file, name, message) => {
    expect(await refusal(file)).toMatchObject({ name, message: expect.stringMatching(message) });
  });

  const PICKLE = text("\u0080\u0002}.").filter((byte) => byte !== 0xc2);
  it.each<[string, SampleEntry[], string, RegExp]>([
    ["big-endian", [{ name: "m/byteorder", content: text("big") }], "Unsupported", /byteorder is "big"/],
    ["TorchScript", [{ name: "m/constants.pkl", content: PICKLE }], "Unsupported", /TorchScript/],
    ["two checkpoints", [{ name: "n/data.pkl", content: PICKLE }], "BadFile", /2 checkpoints/],
  ])("refuses archives: %s", async (_, others, name, message) => {
    expect(await refusal(archiveOf(PICKLE, others))).toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  it("reads an archive that says it is little-endian", async () => {
    const file = fixture("pytorch_model-00001-of-00002.bin");
    const pickle = (await readZipDirectory(file)).get("archive/data.pkl")!;
    const marked = archiveOf(await readZipEntry(file, pickle, 1000), [
      { name: "m/byteorder", content: text("little") },
    ]);
    expect(await valuesOf((await readTorchArchive(marked)).tensors, "a")).toEqual(quarters(6));
  });

  it("refuses a bomb in place of a pickle before it grows", async () => {
    const bomb = (claims?: SampleEntry["claims"]) => {
      const entry = { name: "m/data.pkl", content: new Uint8Array(20_000_000), deflate: true };
      return fileFromBytes("m.pt", sampleZip([claims ? { ...entry, claims } : entry]));
    };
    expect((await refusal(bomb())).message).toMatch(/20000000 bytes, more than 16000000/);
    expect((await refusal(bomb({ bytes: 1000 }))).message).toMatch(/more than the 1000 bytes it claims/);
  });

  it.each([...hostilePickles()])("refuses, in an archive: %s", async (_, pickle) => {
    const error = await refusal(archiveOf(pickle));
    expect(VITRINE_ERROR_NAMES as readonly string[]).toContain(error.name);
    expect(error.message).toMatch(/^m\.pt/);
    expect(error.message.length).toBeLessThan(600);
  });

  it.each([
    ["tensor larger than its storage", /"a" of shape \[4, 3\] at 0 ends behind its storage of 6/],
    ["tensor behind its storage", /at 1 ends behind its storage of 6/],
    [
      "storage of 2 ** 50 elements",
      /1125899906842624 F32 \(4503599627370496 bytes\), but "m\/data\/0" has 24/,
    ],
    ["storage that is not there", /"m\/data\/9" is not there/],
    ["storage outside the archive's folder", /"m\/data\/\.\.\/version" is not there/],
    ["no tensors", /no tensors, .* but __proto__/],
    ["a list", /holds a list of 0, expected a state dict/],
  ])("says what is wrong: %s", async (name, message) => {
    expect((await refusal(archiveOf(hostilePickles().get(name)!))).message).toMatch(message);
  });
});

describe("PyTorch models", () => {
  it("open by content, whatever the file is called", async () => {
    for (const name of ["pytorch_model.bin", "weights", "run/last.ckpt"]) {
      const model = await openModelFiles([CONFIG, fixture("protocol5.pt", name)]);
      expect(model).toMatchObject({ layout: "pytorch", config: { model_type: "gpt2" } });
      expect(model.weightFiles.map((file) => file.name)).toEqual([name]);
      expect(model.notes).toEqual([expect.stringMatching(/tokenizer\.json not found/)]);
    }
  });

  it("open with companions, and say what was left out", async () => {
    const tokenizer = { model: { vocab: {} } };
    const files = [CONFIG, json("tokenizer.json", tokenizer), fixture("training.pt")];
    const { tokenizerJson, notes } = await openModelFiles(files);
    expect(tokenizerJson).toEqual(tokenizer);
    expect(notes).toEqual([expect.stringMatching(/left out.*optimizer/)]);
  });

  it("open as TransformerLens's where the tensors are named so", async () => {
    const cfg = { n_layers: 1, d_model: 3, d_head: 3, n_heads: 1, n_ctx: 4, d_vocab: 2 };
    const model = await openModelFiles([json("cfg.json", cfg), fixture("hooked.pt")]);
    expect(model).toMatchObject({ layout: "transformerlens", config: { model_type: "hooked_transformer" } });
    expect([...model.tensors.keys()]).toEqual(["embed.W_E"]);
  });

  it("open from shards", async () => {
    const [one, two] = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"] as const;
    const index = json("pytorch_model.bin.index.json", { weight_map: { a: one, b: two } });
    const { tensors, weightFiles } = await openModelFiles([index, fixture(two), fixture(one), CONFIG]);
    expect(weightFiles.map(({ name }) => name)).toEqual([one, two]);
    expect(await valuesOf(tensors, "a")).toEqual(quarters(6));
    expect(await valuesOf(tensors, "b")).toEqual(quarters(2));
    await expect(openModelFiles([index, fixture(one), CONFIG])).rejects.toThrow(/00002.*not found/);
    const twice = json("pytorch_model.bin.index.json", { weight_map: { a: one, b: "again.bin" } });
    await expect(openModelFiles([twice, fixture(one), fixture(one, "again.bin"), CONFIG])).rejects.toThrow(
      /Tensor a is in both/,
    );
  });

  it("give way to safetensors", async () => {
    const safetensors = writeSafetensors([{ name: "s", shape: [1], data: Float32Array.of(1) }], {});
    const files = [CONFIG, fixture("kinds.pt"), fileFromBytes("model.safetensors", safetensors)];
    expect((await openModelFiles(files)).layout).toBe("huggingface");
  });

  it.each<[string, ByteFile[], RegExp]>([
    ["no config", [fixture("kinds.pt")], /config\.json not found beside kinds\.pt/],
    ["two of them", [CONFIG, fixture("kinds.pt"), fixture("training.pt")], /There are 2 PyTorch files/],
    ["the old format", [CONFIG, fixture("legacy.pt")], /legacy\.pt is a bare pickle.*before 1\.6.*again/],
    ["the old format by any name", [CONFIG, fixture("legacy.pt", "weights")], /weights is a bare pickle/],
    ["another zip", [CONFIG, fileFromBytes("m.bin", archiveWithoutPickle())], /without \*\/data\.pkl/],
    [
      "a zip that is not about weights",
      [fileFromBytes("photos.zip", archiveWithoutPickle())],
      /config\.json/,
    ],
  ])("say what is wrong: %s", async (_, files, message) => {
    await expect(openModelFiles(files)).rejects.toThrow(message);
  });
});

/** kinds.pt with its pickle under another name. */
function archiveWithoutPickle(): Uint8Array<ArrayBuffer> {
  const latin = Array.from(fixtureBytes("kinds.pt"), (byte) => String.fromCharCode(byte)).join("");
  return Uint8Array.from(latin.replaceAll("/data.pkl", "/data.xyz"), (char) => char.charCodeAt(0));
}
