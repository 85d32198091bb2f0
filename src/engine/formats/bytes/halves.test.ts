/** Half conversions, checked over every bit pattern and around every rounding boundary. */
import { describe, expect, it } from "vitest";
import { halfToFloat } from "../../kernels/half";
import { floatToHalf, packHalves, toFloats } from "./halves";

const ALL = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
const bytesOf = (array: Uint16Array<ArrayBuffer> | Float64Array<ArrayBuffer>) => new Uint8Array(array.buffer);

describe("halves", () => {
  const floats = toFloats(bytesOf(ALL), "F16");

  it("reads all 65,536 halves as IEEE 754 says", () => {
    for (const bits of ALL) {
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 1023;
      const sign = bits >> 15 ? -1 : 1;
      let expected = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
      if (exponent === 31) expected = fraction ? NaN : Infinity;
      if (!Object.is(floats[bits], sign * expected)) expect(floats[bits], String(bits)).toBe(sign * expected);
    }
  });

  it("writes back every half that it reads", () => {
    for (const bits of ALL) {
      const value = floats[bits]!;
      const back = floatToHalf(value);
      if (Number.isNaN(value)) expect(halfToFloat(back)).toBeNaN();
      else if (back !== bits) expect(back).toBe(bits);
    }
  });

  it("rounds to the nearest half, ties to even, between all neighbours", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = halfToFloat(bits);
      const high = halfToFloat(bits + 1);
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const step = (high - low) / 64;
      const got = [
        floatToHalf(middle),
        floatToHalf(middle - step),
        floatToHalf(middle + step),
        floatToHalf(-middle),
      ];
      const expected = [even, bits, bits + 1, even | 0x8000];
      if (got.some((half, i) => half !== expected[i])) expect(got).toEqual(expected);
    }
  });

  it("overflows to infinity from 65520 on", () => {
    expect(floatToHalf(65_519.99)).toBe(0x7bff);
    expect(floatToHalf(65_520)).toBe(0x7c00);
    expect(floatToHalf(-1e30)).toBe(0xfc00);
  });
});

describe("toFloats", () => {
  it("reads bf16 as the upper half of an f32", () => {
    const floats = toFloats(bytesOf(ALL), "BF16");
    const view = new DataView(new ArrayBuffer(4));
    for (const bits of ALL) {
      view.setUint32(0, bits << 16);
      if (!Object.is(floats[bits], view.getFloat32(0))) expect(floats[bits]).toBe(view.getFloat32(0));
    }
  });

  it("rounds f64 to f32", () => {
    expect([...toFloats(bytesOf(Float64Array.of(0.1, -2, 1e300)), "F64")]).toEqual([
      Math.fround(0.1),
      -2,
      Infinity,
    ]);
  });

  it("reads slices that start anywhere", () => {
    const bytes = new Uint8Array(7);
    bytes.set(new Uint8Array(Uint16Array.of(0x3c00, 0x4000, 0xc000).buffer), 1);
    expect([...toFloats(bytes.subarray(1), "F16")]).toEqual([1, 2, -2]);
  });
});

describe("packHalves", () => {
  it("packs two a word, lower half first, and pads odd rows", () => {
    const { words, clipped } = packHalves(Float32Array.of(1, 2, -2, 0.5, 0, 1), 2, 3);
    expect([...words]).toEqual([0x4000_3c00, 0xc000, 0x0000_3800, 0x3c00]);
    expect(clipped).toBe(0);
  });

  it("clips and counts what a half cannot hold", () => {
    const { words, clipped } = packHalves(Float32Array.of(1e6, -Infinity, 65_504, NaN), 1, 4);
    expect(clipped).toBe(2);
    expect([...new Uint16Array(words.buffer)].map(halfToFloat)).toEqual([65_504, -65_504, 65_504, NaN]);
  });
});
