/** Directions from files: each format's numbers, and a sentence for whatever is not one vector of the right width. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDirection } from "./directionFile";

const VALUES = [0.5, -2, 0.1, 1024];
const AS_F32 = VALUES.map((value) => Number(Math.fround(value).toPrecision(9)));
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
const bytesOf = (data: { buffer: ArrayBufferLike }) => new Uint8Array(data.buffer);

function npy(descr: string, shape: string, data: Uint8Array, version = 1): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + "\n";
  const length = new Uint8Array(version === 1 ? 2 : 4);
  length[0] = header.length;
  const magic = Uint8Array.from(
    [0x93, ..."NUMPY"].map((char) => (typeof char === "number" ? char : char.charCodeAt(0))),
  );
  return joined(magic, Uint8Array.of(version, 0), length, new TextEncoder().encode(header), data);
}

function safetensors(tensors: object, data: Uint8Array): Uint8Array {
  const header = json(tensors);
  return joined(bytesOf(BigUint64Array.of(BigInt(header.length))), header, data);
}
const F32 = bytesOf(Float32Array.from(VALUES));
const one = (dtype: string, shape = [4]) => ({ v: { dtype, shape, data_offsets: [0, 16] } });

describe("a direction is read", () => {
  it.each([
    ["a.json", json(VALUES)],
    ["a.npy", npy("<f4", "(4,)", F32)],
    ["a.npy", npy("<f4", "(1, 4)", F32, 2)],
    ["a.npy", npy("<f8", "(4,)", bytesOf(Float64Array.from(VALUES)))],
    ["a.safetensors", safetensors(one("F32"), F32)],
    [
      "a.safetensors",
      safetensors({ __metadata__: { a: "b" }, ...one("F64", [4, 1]) }, bytesOf(Float64Array.from(VALUES))),
    ],
  ])("from %s", (name, bytes) => {
    expect(parseDirection(name, bytes, 4)).toEqual(AS_F32);
  });

  it("from halves", () => {
    const halves = bytesOf(Uint16Array.of(0x3800, 0xc000, 0x0001, 0x6400));
    expect(parseDirection("a.npy", npy("<f2", "(4,)", halves), 4)).toEqual([0.5, -2, short(2 ** -24), 1024]);
    const brains = bytesOf(Uint16Array.of(0x3f00, 0xc000, 0x3dcd, 0x4480));
    expect(parseDirection("a.safetensors", safetensors(one("BF16"), brains), 4)).toEqual([
      0.5,
      -2,
      short(0.10009765625),
      1024,
    ]);
  });
});
const short = (value: number) => Number(Math.fround(value).toPrecision(9));

it.each([
  ["a.json", json([1, 2]), "a.json has 2 numbers; the site has 4."],
  ["a.json", json([1, "2", 3, 4]), "a.json is not an array of numbers."],
  ["a.json", json([1, 2, 3, 1e300]), "a.json is not finite at index 3."],
  ["a.bin", Uint8Array.of(255, 1), /^a\.bin is not JSON/],
  ["a.npy", json(VALUES), "a.npy is no .npy file."],
  ["a.npy", npy("<i4", "(4,)", F32), "a.npy has numbers of type <i4; expected floats."],
  ["a.npy", npy("<f4", "(2, 2)", F32), "a.npy has shape [2, 2]; expected one vector."],
  ["a.npy", npy("<f4", "(5,)", F32), "a.npy has 16 bytes of numbers; its header says 20."],
  ["a.npy", npy("<f4", "(4,)", F32).subarray(0, 40), /header that is cut/],
  [
    "a.safetensors",
    safetensors({ ...one("F32"), w: {} }, F32),
    "a.safetensors holds 2 tensors; expected one vector.",
  ],
  ["a.safetensors", safetensors({}, F32), "a.safetensors holds 0 tensors; expected one vector."],
  ["a.safetensors", safetensors({ v: { dtype: "F32", shape: [-4] } }, F32), /without type and shape/],
  ["a.safetensors", F32, /header/],
  ["a.json", new Uint8Array(8_000_001), /8000001 bytes/],
])("refuses %s with what is wrong (%#)", (name, bytes, message) => {
  expect(() => parseDirection(name, bytes, 4)).toThrow(message);
});

it("ends in numbers or a sentence, whatever the bytes", () => {
  const start = fc.constantFrom(npy("<f4", "(4,)", F32), safetensors(one("F32"), F32), json(VALUES));
  fc.assert(
    fc.property(
      start,
      fc.constantFrom("a.npy", "a.safetensors", "a.json"),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }),
      (bytes, name, changes) => {
        const mutated = bytes.slice();
        for (const [at, value] of changes) if (at < mutated.length) mutated[at] = value;
        try {
          expect(parseDirection(name, mutated, 4)).toHaveLength(4);
        } catch (error) {
          expect((error as Error).message).toMatch(/^a\.\w+ .*\.$/s);
        }
      },
    ),
    { numRuns: 500 },
  );
});
