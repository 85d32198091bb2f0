/** Archives read back by the reader of zip files and by a parser of .npy headers that shares nothing with the writer. */
import { describe, expect, it } from "vitest";
import { fileFromBytes } from "./source";
import { writeNpz } from "./writeNpz";
import { readZipDirectory, readZipEntry, STORED } from "./zip";

async function readNpz(bytes: Uint8Array<ArrayBuffer>) {
  const file = fileFromBytes("capture.npz", bytes);
  const found = new Map<string, { descr: string; shape: number[]; data: Uint8Array<ArrayBuffer> }>();
  for (const entry of (await readZipDirectory(file)).values()) {
    expect(entry.method).toBe(STORED);
    const npy = await readZipEntry(file, entry, 1e6);
    expect([...npy.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    const end = 10 + npy[8]! + 256 * npy[9]!;
    expect(end % 64).toBe(0);
    const header = new TextDecoder().decode(npy.subarray(10, end));
    const match = /^\{'descr': '(.+)', 'fortran_order': False, 'shape': \((.*)\), \} *\n$/.exec(header)!;
    const shape = match[2]!
      .split(",")
      .filter((n) => n.trim() !== "")
      .map(Number);
    found.set(entry.name, { descr: match[1]!, shape, data: npy.slice(end) });
  }
  return found;
}

const tensor = (name: string, ...shape: number[]) => ({
  ...{ name, shape },
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 3 - 1),
});

describe("writeNpz", () => {
  it("keeps names, shapes and every bit", async () => {
    const tensors = [
      tensor("blocks.0.attn.hook_pattern", 2, 3, 3),
      tensor("hook_embed", 3, 4),
      tensor("one", 5),
    ];
    const odd = { ...tensor("odd", 4), data: Float32Array.of(-Infinity, NaN, -0, 1e-42) };
    const found = await readNpz(writeNpz([...tensors, odd]));
    for (const { name, shape, data } of [...tensors, odd]) {
      const read = found.get(`${name}.npy`)!;
      expect([name, read.descr, read.shape]).toEqual([name, "<f4", shape]);
      expect(new Float32Array(read.data.buffer)).toEqual(data);
    }
  });

  it("carries metadata as text", async () => {
    const found = await readNpz(writeNpz([tensor("x", 1)], { model: "ledger", prompt: "é 😀" }));
    const { descr, shape, data } = found.get("__metadata__.npy")!;
    const text = String.fromCodePoint(...new Uint32Array(data.buffer));
    expect([descr, shape]).toEqual([`<U${data.length / 4}`, []]);
    expect(JSON.parse(text)).toEqual({ model: "ledger", prompt: "é 😀" });
  });

  it("refuses equal names and shapes that do not fit", () => {
    expect(() => writeNpz([tensor("x", 1), tensor("x", 2)])).toThrow("same name");
    expect(() => writeNpz([{ ...tensor("x", 2), shape: [3] }])).toThrow("does not hold 2 values");
  });
});
