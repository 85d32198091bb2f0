/** The GGUF header: what is read, what is refused and why, and how much of the file is touched. */
import { describe, expect, it } from "vitest";
import { readGgufHeader } from "./gguf";
import { fileFromBytes, type ByteFile } from "../bytes/source";
import { writeGguf } from "./writeGguf";

const bytesOf = (count: number) => Uint8Array.from({ length: count }, (_, i) => i);
const TENSORS = [
  { name: "a.weight", shape: [2, 3], dtype: "F32", bytes: bytesOf(24) },
  { name: "b.weight", shape: [3, 64], dtype: "Q8_0", bytes: bytesOf(3 * 68) },
  { name: "c.bias", shape: [5], dtype: "F16", bytes: bytesOf(10) },
];
const read = (bytes: Uint8Array<ArrayBuffer>) => readGgufHeader(fileFromBytes("m.gguf", bytes));

/** The same file with a little-endian u32 or u64 written over. */
function patched(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  value: bigint | number,
): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (typeof value === "bigint") view.setBigUint64(at, value, true);
  else view.setUint32(at, value, true);
  return copy;
}

/** Where a text begins in a file. */
const find = (bytes: Uint8Array, text: string) => new TextDecoder("latin1").decode(bytes).indexOf(text);

describe("readGgufHeader", () => {
  it.each([2, 3])("reads version %i: metadata, shapes outermost first, byte ranges", async (version) => {
    const metadata = {
      "general.architecture": "llama",
      count: 7,
      share: 0.25,
      flag: true,
      tokens: ["a", "é", "\ufeff", "a token of more than thirty-two bytes"],
      nested: [[1, 2], [], [3]],
    };
    const bytes = writeGguf({ version, metadata, tensors: TENSORS });
    const header = await read(bytes);
    expect(Object.fromEntries(header.metadata)).toEqual(metadata);
    expect(header.tensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["a.weight", "F32", [2, 3]],
      ["b.weight", "Q8_0", [3, 64]],
      ["c.bias", "F16", [5]],
    ]);
    for (const [i, { start, end }] of header.tensors.entries())
      expect(bytes.slice(start, end)).toEqual(TENSORS[i]!.bytes);
  });

  it.each([
    [0, 200, 200],
    [1, -3, -3],
    [2, 65_000, 65_000],
    [3, -300, -300],
    [4, 4e9, 4e9],
    [5, -70_000, -70_000],
    [6, 1.5, 1.5],
    [7, 0, false],
    [10, 2 ** 40, 2 ** 40],
    [11, -(2 ** 40), -(2 ** 40)],
    [12, 1e300, 1e300],
  ])("reads values of type %i", async (type, value, expected) => {
    const { metadata } = await read(writeGguf({ metadata: { key: { type, value } } }));
    expect(metadata.get("key")).toBe(expected);
  });

  it("aligns the data as the file says", async () => {
    const metadata = { "general.alignment": 64 };
    // The writer aligns to 32; padding up to 64 may be missing, so the file is made longer.
    const bytes = writeGguf({ metadata, tensors: [TENSORS[0]!] });
    const { tensors } = await read(Uint8Array.from([...bytes, ...bytesOf(64)]));
    expect(tensors[0]!.start % 64).toBe(0);
  });

  it("reads no more than the header needs, in growing slices", async () => {
    const tokens = Array.from({ length: 200_000 }, (_, i) => `token ${i}`);
    const small = writeGguf({ metadata: { tokens }, tensors: [TENSORS[0]!] });
    const asked: number[] = [];
    const file: ByteFile = {
      name: "large.gguf",
      size: small.length + 1e10,
      async slice(start, end) {
        asked.push(end - start);
        const bytes = new Uint8Array(end - start);
        bytes.set(small.subarray(start, end));
        return bytes;
      },
    };
    const started = performance.now();
    expect((await readGgufHeader(file)).metadata.get("tokens")).toHaveLength(200_000);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(asked).toEqual([2 ** 20, 2 ** 22]);
  });

  const FILE = writeGguf({ metadata: { key: ["x", "y"], flag: true }, tensors: TENSORS });
  const tensorAt = find(FILE, "b.weight") + 8;
  const arrayAt = find(FILE, "key") + 3 + 4;
  it.each<[string, Uint8Array<ArrayBuffer>, string, RegExp]>([
    ["another format", bytesOf(64), "BadFile", /begins with 00 01 02 03, expected "GGUF"/],
    ["an empty file", new Uint8Array(0), "BadFile", /ends after 0 bytes/],
    ["a header cut inside a number", FILE.slice(0, 20), "BadFile", /ends after 20 bytes, inside its header/],
    ["version 1", patched(FILE, 4, 1), "Unsupported", /GGUF version 1; Vitrine reads versions 2 and 3/],
    ["big-endian", patched(FILE, 4, 0x03000000), "Unsupported", /version 3 in big-endian order/],
    [
      "a truncated header",
      FILE.slice(0, 100),
      "BadFile",
      /tensor name has 8 bytes, more than are left of 100/,
    ],
    ["truncated data", FILE.slice(0, FILE.length - 32), "BadFile", /c\.bias.* ends at byte .* truncated/],
    ["too many tensors", patched(FILE, 8, 2n ** 40n), "BadFile", /tensor count is 1099511627776, more/],
    ["too many pairs", patched(FILE, 16, 2n ** 63n), "BadFile", /metadata count is 9223372036854776000/],
    ["a long key", patched(FILE, 24, 70_000n), "BadFile", /length of metadata key is 70000/],
    ["an unknown value type", patched(FILE, arrayAt - 4, 77), "BadFile", /key has the unknown value type 77/],
    [
      "a long array",
      patched(FILE, arrayAt + 4, 1_000_000n),
      "BadFile",
      /1000000 elements, more than the file/,
    ],
    ["a longer array", patched(FILE, arrayAt + 4, 2n ** 50n), "BadFile", /length of key is 1125899906842624/],
    ["no boolean", patched(FILE, find(FILE, "flag") + 8, 5), "BadFile", /flag is 5, expected true/],
    ["many dimensions", patched(FILE, tensorAt, 99), "BadFile", /b\.weight has 99 dimensions/],
    ["half a block", patched(FILE, tensorAt + 4, 65n), "BadFile", /\[3, 65\], is not whole blocks of 32/],
    ["a wild size", patched(FILE, tensorAt + 12, 2n ** 50n), "BadFile", /not whole blocks|ends at byte/],
    ["an unknown ggml type", patched(FILE, tensorAt + 20, 4), "Unsupported", /ggml type 4, which/],
    ["an offset out of line", patched(FILE, tensorAt + 24, 33n), "BadFile", /offset 33, no multiple of/],
    ["a wild offset", patched(FILE, tensorAt + 24, 2n ** 52n), "BadFile", /ends at byte/],
    ["an overlap", patched(FILE, tensorAt + 24, 0n), "BadFile", /b\.weight begins at byte .* a\.weight/],
    [
      "a tensor twice",
      writeGguf({ tensors: [TENSORS[0]!, TENSORS[0]!] }),
      "BadFile",
      /a\.weight stands twice/,
    ],
    ["an odd alignment", writeGguf({ metadata: { "general.alignment": 12 } }), "BadFile", /alignment is 12/],
    ["deep arrays", writeGguf({ metadata: { key: [[[[[[1]]]]]] } }), "BadFile", /more than 4 deep/],
  ])("refuses %s", async (_, bytes, name, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
    await expect(read(bytes)).rejects.toMatchObject({ name });
  });

  it("refuses a key that stands twice", async () => {
    const bytes = writeGguf({ metadata: { ab: 1, cb: 2 } });
    bytes[find(bytes, "cb")] = 97;
    await expect(read(bytes)).rejects.toThrow(/metadata key ab stands twice/);
  });
});
