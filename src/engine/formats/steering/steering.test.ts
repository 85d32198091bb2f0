/** Directions written and read back; control vectors as another program writes them; damaged files refused. */
import { describe, expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { STEERING_FORMATS, type SteeringToWrite } from "../../../protocol/steering";
import { fileFromBytes } from "../bytes/source";
import { readGgufHeader } from "../gguf/gguf";
import { writeGguf } from "../gguf/writeGguf";
import { writeSafetensors } from "../writeSafetensors";
import { readSteeringFile } from "./readSteeringFile";
import { writeSteeringFile } from "./writeSteeringFile";

const WIDTH = 6;
const FILE: SteeringToWrite = {
  ...{ format: "gguf", site: "resid_post", modelHint: "llama" },
  directions: [0, 1, 2, 3].map((layer) => ({ layer, values: noise(WIDTH, layer + 1) })),
  metadata: { model: "m", method: "mean difference" },
};
const read = (name: string, bytes: Uint8Array<ArrayBuffer>) => readSteeringFile(fileFromBytes(name, bytes));

describe("directions written as a file", () => {
  it.each(STEERING_FORMATS)("come back from %s, by layer", async (format) => {
    const found = (await read(`v.${format}`, writeSteeringFile({ ...FILE, format })))!;
    // A control vector never steers the first block.
    const kept = format === "gguf" ? FILE.directions.slice(1) : FILE.directions;
    expect(found.directions.map(({ layer }) => layer)).toEqual(kept.map(({ layer }) => layer));
    found.directions.forEach(({ values }, i) => expect([...values]).toEqual([...kept[i]!.values]));
    expect(found).toMatchObject({ format, site: "resid_post", name: `v.${format}` });
    if (format === "gguf") expect(found.modelHint).toBe("llama");
    if (format === "safetensors") expect(found.metadata).toEqual(FILE.metadata);
  });

  it("are named by what llama.cpp counts from 1: direction.k ends block k, which is blocks.k.resid_post", async () => {
    const file = fileFromBytes("v.gguf", writeSteeringFile(FILE));
    const { metadata, tensors } = await readGgufHeader(file);
    expect(metadata.get("general.architecture")).toBe("controlvector");
    expect(metadata.get("controlvector.model_hint")).toBe("llama");
    expect(metadata.get("controlvector.layer_count")).toBe(3);
    expect(metadata.get("vitrine.method")).toBe("mean difference");
    expect(tensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["direction.1", "F32", [WIDTH]],
      ["direction.2", "F32", [WIDTH]],
      ["direction.3", "F32", [WIDTH]],
    ]);
    const found = (await readSteeringFile(file))!;
    const [first] = found.directions;
    expect([first!.layer, first!.field]).toEqual([1, "direction.1"]);
    expect([...first!.values]).toEqual([...FILE.directions[1]!.values]);
  });

  it("of another site are no control vector", async () => {
    expect(() => writeSteeringFile({ ...FILE, site: "resid_mid" })).toThrow(/resid_mid.*safetensors or npz/);
    const only = { ...FILE, directions: FILE.directions.slice(0, 1) };
    expect(() => writeSteeringFile(only)).toThrow(/first block/);
    expect(() => writeSteeringFile({ ...FILE, directions: [] })).toThrow(/no directions/);
    const mid = writeSteeringFile({ ...FILE, format: "npz", site: "resid_mid" });
    expect((await read("v.npz", mid))!.site).toBe("resid_mid");
  });
});

/** GGUFWriter of gguf-py 0.19: model_hint llama, layer_count 2, direction.2 = [1, -2, 0.5], direction.1 = [0.25, 4, 8]. */
const GGUF_PY =
  "R0dVRgMAAAACAAAAAAAAAAMAAAAAAAAAFAAAAAAAAABnZW5lcmFsLmFyY2hpdGVjdHVyZQgAAAANAAAAAAAAAGNvbnRyb2x2ZWN0b3IYAAAAAAAAAGNvbnRyb2x2" +
  "ZWN0b3IubW9kZWxfaGludAgAAAAFAAAAAAAAAGxsYW1hGQAAAAAAAABjb250cm9sdmVjdG9yLmxheWVyX2NvdW50BAAAAAIAAAALAAAAAAAAAGRpcmVjdGlvbi4y" +
  "AQAAAAMAAAAAAAAAAAAAAAAAAAAAAAAACwAAAAAAAABkaXJlY3Rpb24uMQEAAAADAAAAAAAAAAAAAAAgAAAAAAAAAAAAAAAAgD8AAADAAAAAPwAAAAAAAAAAAAAA" +
  "AAAAAAAAAAAAAACAPgAAgEAAAABBAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/** A GGUF byte by byte after the format's own description, with nothing of ours: what gguf-py writes. */
function foreignGguf(vectors: readonly (readonly [number, readonly number[]])[], arch = "controlvector") {
  const bytes: number[] = [];
  const view = new DataView(new ArrayBuffer(8));
  const push = (count: number) => {
    for (let i = 0; i < count; i++) bytes.push(view.getUint8(i));
  };
  const u32 = (x: number) => (view.setUint32(0, x, true), push(4));
  const i32 = (x: number) => (view.setInt32(0, x, true), push(4));
  const u64 = (x: number) => (view.setBigUint64(0, BigInt(x), true), push(8));
  const f32 = (x: number) => (view.setFloat32(0, x, true), push(4));
  const text = (x: string) => (u64(x.length), bytes.push(...[...x].map((one) => one.charCodeAt(0))));
  const pad = () => {
    while (bytes.length % 32 !== 0) bytes.push(0);
  };
  bytes.push(0x47, 0x47, 0x55, 0x46);
  u32(3);
  u64(vectors.length);
  u64(3);
  const pair = (key: string, type: number, write: () => void) => {
    text(key);
    u32(type);
    write();
  };
  pair("general.architecture", 8, () => text(arch));
  pair("controlvector.model_hint", 8, () => text("mistral"));
  // cvector-generator writes it signed.
  pair("controlvector.layer_count", 5, () => i32(vectors.length));
  let offset = 0;
  for (const [layer, values] of vectors) {
    text(`direction.${layer}`);
    u32(1);
    u64(values.length);
    u32(0);
    u64(offset);
    offset += Math.ceil((4 * values.length) / 32) * 32;
  }
  pad();
  for (const [, values] of vectors) {
    values.forEach(f32);
    pad();
  }
  return Uint8Array.from(bytes);
}

describe("a control vector of another program", () => {
  it("is read: layers, numbers, model", async () => {
    const found = (await read("happy.gguf", foreignGguf([[2, [1, -2, 0.5]], [1, [0.25, 4, 8]]])))!; // prettier-ignore
    expect(found.modelHint).toBe("mistral");
    expect(found.directions.map(({ layer, values }) => [layer, ...values])).toEqual([
      [1, 0.25, 4, 8],
      [2, 1, -2, 0.5],
    ]);
  });

  it("of gguf-py 0.19 is read", async () => {
    const found = (await read("gguf-py.gguf", Uint8Array.from(Buffer.from(GGUF_PY, "base64"))))!;
    expect(found.modelHint).toBe("llama");
    expect(found.directions.map(({ layer, values }) => [layer, ...values])).toEqual([
      [1, 0.25, 4, 8],
      [2, 1, -2, 0.5],
    ]);
  });

  it("is what we write, value for value", async () => {
    const ours = writeSteeringFile(FILE);
    const theirs = foreignGguf(FILE.directions.slice(1).map(({ layer, values }) => [layer, [...values]]));
    const [one, other] = [(await read("a.gguf", ours))!, (await read("b.gguf", theirs))!];
    expect(one.directions).toEqual(other.directions);
  });

  it.each([
    ["layer 0", [[0, [1, 2]]], /a.gguf: tensor direction\.0 is no direction.*from 1/],
    ["widths that differ", [[1, [1, 2]], [2, [1, 2, 3]]], /direction\.2 has 3 numbers and direction\.1 has 2/],
    ["no tensors", [], /holds no directions/],
    ["what is not finite", [[1, [1, NaN]]], /direction\.1 is not finite at index 1/],
  ] as const)("is refused for %s", async (_, vectors, message) => {
    await expect(read("a.gguf", foreignGguf(vectors))).rejects.toThrow(message);
  }); // prettier-ignore

  it("cut anywhere is refused or no file of this kind, never read", async () => {
    const whole = foreignGguf([[1, [1, 2, 3]]]);
    for (let end = 4; end < whole.length - 20; end += 7) {
      const found = await read("a.gguf", whole.slice(0, end)).catch((error: Error) => error);
      expect(found instanceof Error || found === undefined).toBe(true);
    }
  });
});

it("other files are left to others", async () => {
  expect(await read("m.gguf", foreignGguf([[1, [1]]], "llama"))).toBeUndefined();
  const weights = writeSafetensors([{ name: "h.0.attn.weight", shape: [2, 2], data: noise(4, 1) }]);
  expect(await read("model.safetensors", weights)).toBeUndefined();
  // A capture of a prompt has a row a token.
  const capture = writeSafetensors([{ name: "blocks.0.hook_resid_post", shape: [2, 3], data: noise(6, 1) }]);
  expect(await read("capture.safetensors", capture)).toBeUndefined();
  expect(await read("a.csv", new TextEncoder().encode("positive,negative\n"))).toBeUndefined();
  expect(await read("m.gguf", writeGguf({ metadata: { "general.architecture": "gpt2" } }))).toBeUndefined();
});

it("vectors named by layer or hook are read from safetensors, whatever wrote them", async () => {
  const named = writeSafetensors([
    { name: "direction.3", shape: [1, 2], data: Float32Array.of(1, 2) },
    { name: "direction.1", shape: [2], data: Float32Array.of(3, 4) },
  ]);
  const found = (await read("v.safetensors", named))!;
  expect(found.directions.map(({ layer, values }) => [layer, ...values])).toEqual([[1, 3, 4], [3, 1, 2]]); // prettier-ignore
  const mixed = writeSafetensors([
    { name: "blocks.0.hook_resid_post", shape: [2], data: Float32Array.of(1, 2) },
    { name: "blocks.1.hook_resid_pre", shape: [2], data: Float32Array.of(3, 4) },
  ]);
  await expect(read("v.safetensors", mixed)).rejects.toThrow(/resid_post and resid_pre/);
  const twice = writeSafetensors([
    { name: "blocks.1.resid_post", shape: [1], data: Float32Array.of(1) },
    { name: "direction.1", shape: [1], data: Float32Array.of(3) },
  ]);
  await expect(read("v.safetensors", twice)).rejects.toThrow(/layer 1 is there twice/);
});
