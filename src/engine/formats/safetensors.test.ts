/** The safetensors reader: what was written comes back, and no damaged header does worse than a sentence. */
import { describe, expect, it } from "vitest";
import { lcg } from "../../random/lcg";
import { DTYPE_BYTES, parseSafetensorsHeader, readSafetensorsHeader, writeSafetensors } from "./safetensors";
import { fileFromBytes } from "./bytes/source";
import { readRows } from "./tensorReader";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const f32 = (shape: number[], from: number, to: number) => ({
  dtype: "F32",
  shape,
  data_offsets: [from, to],
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The header alone, in a file with room for `dataBytes`. */
function parse(header: unknown, dataBytes: number) {
  const bytes = typeof header === "string" ? new TextEncoder().encode(header) : encode(header);
  return parseSafetensorsHeader("m.safetensors", bytes, 8 + bytes.length + dataBytes);
}

describe("writeSafetensors", () => {
  it("comes back equal", async () => {
    const data = Float32Array.from({ length: 6 }, (_, i) => i / 7);
    const tensors = [
      { name: "blocks.0.hook_resid_post", shape: [2, 3], data },
      { name: "scalar", shape: [], data: Float32Array.of(5) },
      { name: "empty", shape: [0, 3], data: new Float32Array(0) },
    ];
    const file = fileFromBytes("c.safetensors", writeSafetensors(tensors, { model: "tiny" }));
    const header = await readSafetensorsHeader(file);
    expect(header.metadata).toEqual({ model: "tiny" });
    expect(header.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(
      tensors.map(({ name, shape }) => ({ name, shape })),
    );
    const entry = header.tensors.find(({ name }) => name === "blocks.0.hook_resid_post")!;
    const slices = await collect(readRows({ file, entry }));
    expect(slices).toEqual([{ firstRow: 0, rows: 2, data }]);
    expect(header.tensors.every(({ start }) => start % 4 === 0)).toBe(true);
  });

  it("refuses a shape that its data does not fill", () => {
    expect(() => writeSafetensors([{ name: "a", shape: [2], data: new Float32Array(3) }], {})).toThrow(
      /\[2\]/,
    );
  });
});

describe("parseSafetensorsHeader", () => {
  it.each([
    ["a gap", { a: f32([1], 4, 8) }, 8, /gap/],
    ["an overlap", { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12, /overlaps/],
    ["bytes that belong to nothing", { a: f32([1], 0, 4) }, 8, /belong to no tensor/],
    ["a file cut short", { a: f32([4], 0, 16) }, 8, /truncated/],
    ["a range that is not the shape's", { a: f32([3], 0, 8) }, 8, /needs 12/],
    ["a product that overflows", { a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8, /needs/],
    ["a negative size", { a: f32([-1], 0, 4) }, 4, /expected at most/],
    ["a fractional size", { a: f32([1.5], 0, 6) }, 6, /expected at most/],
    ["too many axes", { a: f32(Array(9).fill(1) as number[], 0, 4) }, 4, /expected at most/],
    ["ends before it starts", { a: f32([1], 8, 4) }, 8, /needs 4/],
    ["no object", [1, 2], 0, /object/],
    ["an entry that is no object", { a: 3 }, 0, /object/],
    ["metadata that is no object", { __metadata__: 3 }, 0, /__metadata__/],
    ["a name twice", '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":3}', 0, /a twice/],
    ["no JSON", '{"a":', 0, /JSON/],
  ])("refuses %s", (_, header, dataBytes, message) => {
    expect(() => parse(header, dataBytes)).toThrow(expect.objectContaining({ name: "BadFile" }));
    expect(() => parse(header, dataBytes)).toThrow(message);
  });

  it("refuses an unknown dtype by its name", () => {
    const header = { a: { dtype: "Q9", shape: [1], data_offsets: [0, 1] } };
    expect(() => parse(header, 1)).toThrow(expect.objectContaining({ name: "Unsupported" }));
    expect(() => parse(header, 1)).toThrow(/tensor a has dtype Q9/);
  });

  it("accepts every dtype that weights come in, and masks beside them", () => {
    for (const [dtype, size] of [...Object.entries(DTYPE_BYTES), ["BOOL", 1] as const, ["I64", 8] as const]) {
      expect(parse({ a: { dtype, shape: [3], data_offsets: [0, 3 * size] } }, 3 * size).tensors).toHaveLength(
        1,
      );
    }
  });

  it("refuses a header length that does not fit", async () => {
    for (const length of [2n ** 63n, 200_000_000n, 9n]) {
      const bytes = new Uint8Array(16);
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      await expect(readSafetensorsHeader(fileFromBytes("x", bytes))).rejects.toThrow(/header/);
    }
    await expect(readSafetensorsHeader(fileFromBytes("x", new Uint8Array(3)))).rejects.toThrow(/too short/);
  });

  it("answers 20,000 damaged headers with a tensor list or a sentence", async () => {
    const data = new Float32Array(8);
    const whole = writeSafetensors(
      [
        { name: "wte.weight", shape: [2, 2], data: data.subarray(0, 4) },
        { name: "h.0.ln", shape: [4], data: data.subarray(4) },
      ],
      { format: "pt" },
    );
    const next = lcg(1);
    const random = (below: number) => next() % below;
    const pieces = [
      "[",
      "]",
      "{",
      "}",
      '"',
      ",",
      ":",
      "-1",
      "9e99",
      "1e999",
      "null",
      "\\",
      "\u0000",
      "data_offsets",
    ];
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = [...whole];
      for (let edit = 0; edit <= random(4); edit++) {
        const at = random(bytes.length);
        const piece = [...new TextEncoder().encode(pieces[random(pieces.length)])];
        const kind = random(4);
        if (kind === 0) bytes[at] = random(256);
        else if (kind === 1) bytes.splice(at, 1 + random(8));
        else if (kind === 2) bytes.splice(at, 0, ...piece);
        else bytes.splice(at, piece.length, ...piece);
      }
      try {
        await readSafetensorsHeader(fileFromBytes("x", Uint8Array.from(bytes)));
      } catch (error) {
        refused++;
        expect(["BadFile", "Unsupported"]).toContain((error as Error).name);
      }
    }
    expect(refused).toBeGreaterThan(10_000);
  });
});
