/** The streaming reader: right values, and never more than its budget in memory. */
import { describe, expect, it } from "vitest";
import type { StoredTensor } from "./storedModel";
import { QUANTS } from "./gguf/quants";
import type { ByteFile } from "./bytes/source";
import { fileFromBytes } from "./bytes/source";
import { readRows, SLICE_BYTES } from "./tensorReader";

function stored(shape: number[], data: Float32Array<ArrayBuffer>, dtype = "F32") {
  const bytes = new Uint8Array(data.buffer);
  return { file: fileFromBytes("m", bytes), entry: { name: "t", dtype, shape, start: 0, end: bytes.length } };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const counting = (length: number) => Float32Array.from({ length }, (_, i) => i);

describe("readRows", () => {
  it.each([[1], [12], [24], [100], [1e6]])(
    "gives the same rows in slices of %i bytes",
    async (sliceBytes) => {
      const data = counting(7 * 6);
      const slices = await collect(readRows(stored([7, 2, 3], data), { sliceBytes }));
      expect(slices.flatMap(({ data }) => [...data])).toEqual([...data]);
      let row = 0;
      for (const slice of slices) {
        expect(slice.firstRow).toBe(row);
        expect(slice.data.length).toBe(slice.rows * 6);
        row += slice.rows;
      }
      expect(row).toBe(7);
    },
  );

  it.each([[1], [40], [64], [1e6]])("transposes in slices of %i bytes", async (sliceBytes) => {
    const slices = await collect(readRows(stored([5, 7], counting(35)), { sliceBytes, transposed: true }));
    const expected = Array.from({ length: 35 }, (_, i) => (i % 5) * 7 + Math.floor(i / 5));
    expect(slices.flatMap(({ data }) => [...data])).toEqual(expected);
    expect(slices.map(({ firstRow }) => firstRow)).toEqual(slices.map((_, i) => i * slices[0]!.rows));
  });

  it("reads vectors, scalars and empty tensors", async () => {
    expect((await collect(readRows(stored([3], counting(3)))))[0]).toMatchObject({
      firstRow: 0,
      rows: 3,
    });
    expect((await collect(readRows(stored([], counting(1)))))[0]).toMatchObject({
      firstRow: 0,
      rows: 1,
    });
    expect(await collect(readRows(stored([0, 4], counting(0))))).toEqual([]);
  });

  it.each([
    ["rows", false, SLICE_BYTES],
    ["columns", true, SLICE_BYTES],
  ])("asks for at most one slice at a time of a large file, by %s", async (_, transposed, most) => {
    const shape = [4096, 6000];
    const asked: number[] = [];
    const file: ByteFile = {
      name: "large",
      size: 4096 * 6000 * 4,
      async slice(start, end) {
        asked.push(end - start);
        const first = new Float32Array((end - start) / 4);
        first[0] = start / 4;
        return new Uint8Array(first.buffer);
      },
    };
    const entry = { name: "t", dtype: "F32", shape, start: 0, end: file.size };
    let rows = 0;
    for await (const slice of readRows({ file, entry }, { transposed })) {
      expect(slice.firstRow).toBe(rows);
      expect(slice.data.byteLength).toBeLessThanOrEqual(transposed ? 4 * SLICE_BYTES : SLICE_BYTES);
      rows += slice.rows;
    }
    expect(rows).toBe(transposed ? 6000 : 4096);
    expect(Math.max(...asked)).toBeLessThanOrEqual(most);
    expect(asked.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(file.size * (transposed ? 3 : 1));
  });

  it("refuses dtypes that are no floats, and files that end early", async () => {
    await expect(collect(readRows(stored([3], counting(3), "I32")))).rejects.toThrow(/dtype I32/);
    const { file, entry } = stored([3], counting(3));
    await expect(collect(readRows({ file, entry: { ...entry, shape: [4], end: 16 } }))).rejects.toThrow(
      /ends early/,
    );
  });

  it("reads F64", async () => {
    const file = fileFromBytes("m", new Uint8Array(Float64Array.of(1, -2.5, 1e300).buffer));
    const entry = { name: "t", dtype: "F64", shape: [3], start: 0, end: 24 };
    expect([...(await collect(readRows({ file, entry })))[0]!.data]).toEqual([1, -2.5, Infinity]);
  });
});

const transpose = (values: readonly number[], rows: number) => {
  const cols = values.length / rows;
  return values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)]!);
};
const valuesOf = async (tensor: StoredTensor, options = {}) =>
  (await collect(readRows(tensor, options))).flatMap(({ data }) => [...data]);

describe("a tensor stored transposed", () => {
  const data = counting(35);
  const turned: StoredTensor = { ...stored([7, 5], data), transposed: true };

  it.each([[1], [40], [1e6]])("comes out as its shape says, in slices of %i bytes", async (sliceBytes) => {
    expect(await valuesOf(turned, { sliceBytes })).toEqual(transpose([...data], 5));
  });

  it("comes out as its bytes are if the reader turns it too", async () => {
    expect(await valuesOf(turned, { transposed: true })).toEqual([...data]);
  });

  it("is a matrix", async () => {
    await expect(valuesOf({ ...stored([3], counting(3)), transposed: true })).rejects.toThrow(
      /expected a matrix/,
    );
  });
});

describe("heads of interleaved rotary pairs", () => {
  const [heads, dHead, inner] = [3, 6, 2];
  const data = counting(heads * dHead * inner);
  const interleaved: StoredTensor = {
    ...stored([heads * dHead, inner], data),
    interleavedHeads: { dHead },
  };
  const order = [0, 2, 4, 1, 3, 5];
  const rowsInOrder = Array.from({ length: heads }, (_, head) =>
    order.map((row) => head * dHead + row),
  ).flat();
  const expected = rowsInOrder.flatMap((row) => [row * inner, row * inner + 1]);

  it.each([[1], [70], [100], [1e6]])("come out in halves, in slices of %i bytes", async (sliceBytes) => {
    const slices = await collect(readRows(interleaved, { sliceBytes }));
    expect(slices.flatMap(({ data }) => [...data])).toEqual(expected);
    for (const { firstRow, rows } of slices) expect([firstRow % dHead, rows % dHead]).toEqual([0, 0]);
    expect(slices).toHaveLength(sliceBytes < 96 ? 3 : sliceBytes < 144 ? 2 : 1);
  });

  it("are elements of a vector, columns of a transposed matrix", async () => {
    const vector = { ...stored([12], counting(12)), interleavedHeads: { dHead } };
    expect(await valuesOf(vector)).toEqual([...order, ...order.map((row) => 6 + row)]);
    const bytes = Float32Array.from(transpose([...data], heads * dHead));
    const both: StoredTensor = { ...interleaved, ...stored([heads * dHead, inner], bytes), transposed: true };
    for (const sliceBytes of [1, 1e6]) expect(await valuesOf(both, { sliceBytes })).toEqual(expected);
  });

  it("must fill the rows that are read", async () => {
    await expect(valuesOf({ ...interleaved, interleavedHeads: { dHead: 4 } })).rejects.toThrow(/heads of 4/);
    await expect(valuesOf({ ...interleaved, interleavedHeads: { dHead: 9 } })).rejects.toThrow(/heads of 9/);
    await expect(valuesOf(interleaved, { transposed: true })).rejects.toThrow(/columns are not heads/);
  });
});

describe("block-quantized tensors", () => {
  /** Q8_0 with scale 1: [rows, 64], the value of a weight is its row, negative in the second block. */
  function quantized(rows: number): StoredTensor {
    const bytes = new Uint8Array(rows * 2 * QUANTS.Q8_0.bytes);
    for (let block = 0; block < rows * 2; block++) {
      const row = block >> 1;
      bytes.set([0, 0x3c], block * 34);
      bytes.fill(block % 2 ? -row & 255 : row, block * 34 + 2, block * 34 + 34);
    }
    const entry = { name: "t", dtype: "Q8_0", shape: [rows, 64], start: 0, end: bytes.length };
    return { file: fileFromBytes("m", bytes), entry };
  }
  const expected = Array.from({ length: 8 * 64 }, (_, i) => (i >> 6) * (i % 64 < 32 ? 1 : -1) + 0);

  it.each([[1], [600], [1e6]])("come out as f32, in slices of %i bytes", async (sliceBytes) => {
    const values = await valuesOf(quantized(8), { sliceBytes });
    expect(values.map((value) => value + 0)).toEqual(expected);
    const turned = await valuesOf(quantized(8), { sliceBytes, transposed: true });
    expect(turned.map((value) => value + 0)).toEqual(transpose(expected, 8));
  });

  it("have rows of whole blocks", async () => {
    const { file, entry } = quantized(3);
    expect(await valuesOf({ file, entry: { ...entry, shape: [2, 3, 32] } })).toHaveLength(192);
    await expect(valuesOf({ file, entry: { ...entry, shape: [4, 48] } })).rejects.toThrow(/blocks of 32/);
    await expect(valuesOf({ file, entry: { ...entry, shape: [192] } })).rejects.toThrow(/blocks of 32/);
  });
});
