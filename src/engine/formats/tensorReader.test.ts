/** The streaming reader: right values, and never more than its budget in memory. */
import { describe, expect, it } from "vitest";
import type { ByteFile } from "./source";
import { fileFromBytes } from "./source";
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
});
