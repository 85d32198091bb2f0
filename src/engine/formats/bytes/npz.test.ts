/** npz archives: types, orders, compression, and what is refused. */
import { describe, expect, it } from "vitest";
import { f4, f8, npyBytes, sampleNpz, type SampleArray } from "./npz.samples";
import { readNpz } from "./npz";
import { parseNpyHeader } from "./npyHeader";
import { fileFromBytes, type ByteFile } from "./source";
import { readRows } from "../tensorReader";
import { writeNpz } from "./writeNpz";
import { sampleZip } from "./zip.samples";

async function valuesOf(file: ByteFile, name: string, sliceBytes?: number): Promise<number[]> {
  const values: number[] = [];
  const tensor = (await readNpz(file)).get(name)!;
  for await (const { data } of readRows(tensor, sliceBytes ? { sliceBytes } : {})) values.push(...data);
  return values;
}

const array = (changes: Partial<SampleArray> = {}): SampleArray => ({
  ...{ name: "a", shape: [2, 3], bytes: f4([1, 2, 3, 4, 5, 6]), descr: "<f4" },
  ...changes,
});

describe("reads", () => {
  it.each([false, true])("f2, f4 and f8, deflated: %s", async (deflate) => {
    const half = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800).buffer);
    const file = sampleNpz("x.npz", [
      array({ deflate }),
      array({ name: "b", shape: [3], bytes: f8([0.5, -2, 1e-3]), descr: "<f8", deflate }),
      array({ name: "c", shape: [3], bytes: half, descr: "<f2", deflate }),
      array({ name: "d", shape: [], bytes: f4([7]), deflate, version: 2 }),
    ]);
    expect(await valuesOf(file, "a")).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await valuesOf(file, "b")).toEqual([0.5, -2, Math.fround(1e-3)]);
    expect(await valuesOf(file, "c")).toEqual([1, -2, 0.5]);
    expect(await valuesOf(file, "d")).toEqual([7]);
  });

  it("columns that lie together as the matrix that they are", async () => {
    const file = sampleNpz("x.npz", [array({ bytes: f4([1, 4, 2, 5, 3, 6]), isFortran: true })]);
    expect(await valuesOf(file, "a", 12)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("large deflated arrays in slices", async () => {
    const values = Array.from({ length: 300_000 }, (_, i) => i % 1000);
    const file = sampleNpz("x.npz", [array({ shape: [300, 1000], bytes: f4(values), deflate: true })]);
    expect(await valuesOf(file, "a", 40_000)).toEqual(values);
  });

  it("what Vitrine writes", async () => {
    const bytes = writeNpz([{ name: "a", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }], {
      made: "here",
    });
    const file = fileFromBytes("x.npz", bytes);
    expect(await valuesOf(file, "a")).toEqual([1, 2, 3, 4]);
    expect((await readNpz(file)).get("__metadata__")!.entry.dtype).toMatch(/^<U/);
  });
});

describe("refuses", () => {
  const header = (text: string) => [array({ header: text })];
  it.each([
    [header("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 3), }"), "not understood"],
    [
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': __import__('os')}"),
      "not understood",
    ],
    [header("{'descr': '<f4', 'fortran_order': False}"), "not understood"],
    [header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"), "not understood"],
    [header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3), }"), "not understood"],
    [header("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999), }"), "needs"],
    [[array({ shape: [2, 4] })], "24 bytes, but shape [2, 4] of F32 needs 32"],
    [[array({ shape: [2, 4], deflate: true })], "needs 32"],
    [[array({ version: 9 })], "version 9, known: 1, 2, 3"],
  ])("%#: %s", async (arrays, message) => {
    await expect(readNpz(sampleNpz("x.npz", arrays))).rejects.toThrow(message);
  });

  it("an entry that inflates to more, or less, than it claims", async () => {
    const content = npyBytes(array());
    const claiming = (bytes: number) =>
      fileFromBytes("x.npz", sampleZip([{ name: "a.npy", content, deflate: true, claims: { bytes } }]));
    await expect(readNpz(claiming(content.length + 4))).rejects.toThrow("needs 24");
    const grown = npyBytes(array({ shape: [3, 3], bytes: f4([1, 2, 3, 4, 5, 6]) }));
    const short = fileFromBytes(
      "x.npz",
      sampleZip([{ name: "a.npy", content: grown, deflate: true, claims: { bytes: grown.length + 12 } }]),
    );
    await expect(valuesOf(short, "a")).rejects.toThrow(/inflates to 152 bytes, expected 164/);
    const long = npyBytes(array({ shape: [1, 3] }));
    const more = fileFromBytes(
      "x.npz",
      sampleZip([{ name: "a.npy", content: long, deflate: true, claims: { bytes: long.length - 12 } }]),
    );
    await expect(valuesOf(more, "a")).rejects.toThrow("inflates to more than");
  });

  it("an entry that claims more than a page can hold", async () => {
    const file = sampleZip(
      [{ name: "a.npy", content: npyBytes(array()), deflate: true, claims: { bytes: 5 * 2 ** 30 } }],
      { zip64: true },
    );
    await expect(readNpz(fileFromBytes("x.npz", file))).rejects.toThrow(
      "save it with numpy.savez, uncompressed",
    );
  });

  it("a header that is cut off", () => {
    expect(() => parseNpyHeader("x", npyBytes(array()).slice(0, 40) as Uint8Array<ArrayBuffer>)).toThrow(
      "ends within",
    );
    expect(() => parseNpyHeader("x", new Uint8Array(100))).toThrow("no .npy file");
  });
});
