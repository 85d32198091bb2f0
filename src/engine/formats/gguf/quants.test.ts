/** Block formats against values worked out by hand, and against the output of gguf-py. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { lcg } from "../../../random/lcg";
import { dequantize, QUANTS, type QuantDtype } from "./quants";

/** f16: 1 is 0x3c00, 2 is 0x4000, 0.5 is 0x3800. */
const [ONE, TWO, HALF] = [0x3c, 0x40, 0x38];

/** [format, bytes of one block that are not zero, weights and their values]. */
const BY_HAND: readonly [QuantDtype, Record<number, number>, Record<number, number>][] = [
  ["Q8_0", { 1: HALF, 2: 3, 3: 0xff, 33: 0x80 }, { 0: 1.5, 1: -0.5, 2: 0, 31: -64 }],
  ["Q4_0", { 1: TWO, 2: 0x4f, 17: 0x08 }, { 0: 14, 16: -8, 15: 0, 31: -16, 1: -16 }],
  ["Q4_1", { 1: TWO, 3: ONE, 4: 0x4f }, { 0: 31, 16: 9, 1: 1 }],
  // Fifth bits: of weight 0 in bit 0, of weight 16 in bit 16.
  ["Q5_0", { 1: ONE, 2: 1, 4: 1, 6: 0x4f }, { 0: 15, 16: 4, 1: -16, 17: -16 }],
  ["Q5_1", { 1: ONE, 3: TWO, 4: 1, 6: 1, 8: 0x4f }, { 0: 33, 16: 22, 1: 2 }],
  // Group 0: scale 3, minimum 2. Group 4: scale 5 + 16 (its top bits in byte 0), minimum 6 + 32 (in byte 4).
  [
    "Q4_K",
    { 1: ONE, 3: HALF, 4: 3 | 0x40, 8: 2 | 0x80, 12: 0x65, 16: 0x07, 80: 0x09 },
    { 0: 3 * 7 - 1, 1: -1, 128: 21 * 9 - 19, 129: -19, 32: 0 },
  ],
  // Byte 16 holds weight 0 of every group: bit 0 is group 0's, bit 7 group 7's. Group 7: scale 1, minimum 0.
  ["Q5_K", { 1: ONE, 4: 3, 15: 0x01, 16: 0x81, 48: 0x07, 144: 0x20 }, { 0: 3 * 23, 1: 0, 224: 18, 225: 0 }],
  // Weight 0: nibble 5, pair 2, scale 2. Weight 96: the upper nibble of byte 32, the top pair of byte 128, scale -1.
  [
    "Q6_K",
    { 209: ONE, 0: 5, 32: 0x30, 128: 0xc2, 192: 2, 198: 0xff, 64: 1, 200: 1 },
    { 0: 2 * (37 - 32), 1: -64, 96: -(51 - 32), 128: 1 - 32, 255: 0 },
  ],
];

/** SHA-256 (32 digits) of what gguf-py 0.19.0 makes of 16 blocks of `noise`, as f32. */
const BY_GGUF_PY: Readonly<Record<QuantDtype, string>> = {
  Q4_0: "a1268d3dd6f26304da2a8d240c8e88bf",
  Q4_1: "5b88ff1c6a4fefae88ec5cc1dbaf8d13",
  Q5_0: "83fc6fb3bcdb4cf3f3adb30085bfdbbc",
  Q5_1: "51c203461f1329651c3daaf88523a0f4",
  Q8_0: "794c0de338f1b558aced3a6e583ef830",
  Q4_K: "8912b82d59f7e3f0a2cb3442f97b9cfc",
  Q5_K: "7378f3fa841e2a5fde31f9cb072a0b73",
  Q6_K: "52adc88548cc9233eed80f1c4f955230",
};

/** Where a block keeps its f16 scales. */
const SCALES_AT: Readonly<Record<QuantDtype, readonly number[]>> = {
  ...{ Q4_0: [0], Q4_1: [0, 2], Q5_0: [0], Q5_1: [0, 2], Q8_0: [0] },
  ...{ Q4_K: [0, 2], Q5_K: [0, 2], Q6_K: [208] },
};

/** Bytes of a linear congruential generator; scales stay below 2. */
function noise(dtype: QuantDtype, blocks: number): Uint8Array<ArrayBuffer> {
  const size = QUANTS[dtype].bytes;
  const next = lcg(7);
  const bytes = Uint8Array.from({ length: size * blocks }, () => next() >>> 24);
  for (let block = 0; block < blocks; block++) {
    for (const at of SCALES_AT[dtype]) bytes[block * size + at + 1]! &= 0xbf;
  }
  return bytes;
}

const names = Object.keys(QUANTS) as QuantDtype[];

describe("dequantize", () => {
  it("has a case by hand for every format", () => {
    expect(BY_HAND.map(([dtype]) => dtype).sort()).toEqual([...names].sort());
  });

  it.each(BY_HAND)("%s by hand", (dtype, bytes, expected) => {
    const block = new Uint8Array(QUANTS[dtype].bytes);
    for (const [at, byte] of Object.entries(bytes)) block[Number(at)] = byte;
    // A second block shows that the first one's end was found.
    const values = dequantize(Uint8Array.from([...block, ...block]), dtype);
    expect(values).toHaveLength(2 * QUANTS[dtype].values);
    for (const [at, value] of Object.entries(expected)) {
      expect(values[Number(at)], `weight ${at}`).toBeCloseTo(value, 6);
      expect(values[Number(at) + QUANTS[dtype].values]).toBe(values[Number(at)]);
    }
  });

  it.each(names)("%s equals gguf-py, bit for bit", (dtype) => {
    const values = dequantize(noise(dtype, 16), dtype).map((value) => value + 0);
    const hash = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
    expect(hash.slice(0, 32)).toBe(BY_GGUF_PY[dtype]);
  });
});
