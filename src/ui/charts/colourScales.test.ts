/** Colours: luminance in order, zero in the middle, text that can be read on each. */
import { describe, expect, it } from "vitest";
import { colourDomain, colourIndex, colourTable, cssColour, inkOn } from "./colourScales";

function luminance(word: number): number {
  const [r, g, b] = [0, 8, 16].map((shift) => {
    const c = ((word >>> shift) & 255) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

describe("scales", () => {
  it("grow lighter from low to high", () => {
    const steps = [...colourTable("sequential", "light")].map(luminance);
    steps.slice(1).forEach((value, i) => expect(value).toBeGreaterThanOrEqual(steps[i]! - 1e-3));
    expect(steps.at(-1)! - steps[0]!).toBeGreaterThan(0.7);
  });
  it("are symmetric about zero where values have signs", () => {
    expect(colourDomain(Float32Array.of(-1, 3, NaN), "signed")).toEqual([-3, 3]);
    expect(colourIndex(0, [-3, 3])).toBe(128);
    for (const theme of ["light", "dark"] as const) {
      const table = [...colourTable("signed", theme)].map(luminance);
      const middle = table[128]!;
      // Both ends are on the same side of the middle.
      expect(Math.sign(table[0]! - middle)).toBe(Math.sign(table[255]! - middle));
    }
  });
  it("span at least what matters in their unit", () => {
    expect(colourDomain(Float32Array.of(-2e-5, 1e-5), "signed", 0.1)).toEqual([-0.1, 0.1]);
    expect(colourDomain(Float32Array.of(-3, 1e-5), "signed", 0.1)).toEqual([-3, 3]);
    expect(colourDomain([0.001, 0.002], "sequential", 0.05)).toEqual([0, 0.05]);
    expect(colourDomain([4, 4.01], "sequential", 0.1)).toEqual([4, 4.1]);
    expect(colourDomain([4, 5], "sequential", 0.1)).toEqual([4, 5]);
  });
  it("have a range for any values", () => {
    expect(colourDomain(Float32Array.of(NaN), "sequential")).toEqual([0, 1]);
    expect(colourDomain(Float32Array.of(2, 2), "sequential")).toEqual([2, 4]);
    expect(colourIndex(99, [0, 1])).toBe(255);
    expect(colourIndex(-99, [0, 1])).toBe(0);
  });
});

it("writes text in the ink that reads better, at 4.5 to 1 or more", () => {
  for (const table of [
    colourTable("sequential", "light"),
    colourTable("signed", "light"),
    colourTable("signed", "dark"),
  ]) {
    for (const word of table) {
      const [own, ink] = [luminance(word), inkOn(word) === "#ffffff" ? 1 : 0];
      const ratio = (Math.max(own, ink) + 0.05) / (Math.min(own, ink) + 0.05);
      expect(ratio).toBeGreaterThan(4.5);
    }
  }
});

it("names colours as CSS does", () => {
  expect(cssColour(colourTable("sequential", "light")[0]!)).toBe("#440154");
  expect(cssColour(colourTable("sequential", "light")[255]!)).toBe("#fde725");
});
