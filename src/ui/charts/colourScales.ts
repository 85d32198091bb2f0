/**
 * Colours of values. Sequential: viridis (van der Walt and Smith 2015), luminance in order. Signed: blue below zero,
 * grey at zero, orange above, equal distances from zero equally strong. Both are told apart without red and green.
 */

import { leastScale } from "./fullScale";

export type ScaleKind = "sequential" | "signed";
export type Theme = "light" | "dark";
type Rgb = readonly [number, number, number];

const hex = (text: string): Rgb => [
  parseInt(text.slice(1, 3), 16),
  parseInt(text.slice(3, 5), 16),
  parseInt(text.slice(5, 7), 16),
];

const VIRIDIS = "#440154 #482878 #3e4989 #31688e #26828e #1f9e89 #35b779 #6ece58 #b5de2b #fde725"
  .split(" ")
  .map(hex);
const SIGNED: Readonly<Record<Theme, readonly Rgb[]>> = {
  light: "#123f73 #2a6cab #7fabd3 #eceef0 #e6ab6c #b85a00 #6e3300".split(" ").map(hex),
  dark: "#a9d3fb #5fa4e0 #2f567d #272c33 #7d4d1b #f0973b #ffd2a3".split(" ").map(hex),
};

const STEPS = 256;

function table(anchors: readonly Rgb[]): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, step) => {
    const at = (step / (STEPS - 1)) * (anchors.length - 1);
    const low = Math.min(anchors.length - 2, Math.floor(at));
    const [a = [0, 0, 0], b = [0, 0, 0]] = anchors.slice(low, low + 2);
    const mix = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * (at - low));
    // As ImageData holds it, little-endian: alpha, blue, green, red.
    return ((255 << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0)) >>> 0;
  });
}

const TABLES = { sequential: table(VIRIDIS), light: table(SIGNED.light), dark: table(SIGNED.dark) };

/** 256 colours from the low end to the high end, as ImageData words. */
export function colourTable(kind: ScaleKind, theme: Theme): Uint32Array {
  return kind === "sequential" ? TABLES.sequential : TABLES[theme];
}

/**
 * Least and greatest value that is drawn; signed scales are symmetric about zero. A scale spans at least `least`: from zero
 * where all values are that near to it.
 */
export function colourDomain(
  values: Float32Array | readonly number[],
  kind: ScaleKind,
  least = 0,
): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return kind === "signed" ? [-1, 1] : [0, 1];
  if (kind === "signed") {
    const size = Math.max(Math.abs(low), Math.abs(high), least) || 1;
    return [-size, size];
  }
  if (high - low < least) return low >= 0 && high <= least ? [0, least] : [low, low + least];
  return low === high ? [low, low + (Math.abs(low) || 1)] : [low, high];
}

/**
 * The scale of a map: of its values and of those that it is compared with, and no finer than matters in its unit, or than
 * `least`.
 */
export function sharedDomain(figure: {
  readonly values: Float32Array;
  readonly scale: ScaleKind;
  readonly unit: string;
  readonly alongside?: readonly number[] | undefined;
  readonly least?: number | undefined;
}): readonly [number, number] {
  const { values, scale, unit, alongside = [], least = leastScale(unit) } = figure;
  return colourDomain(alongside.length > 0 ? [...values, ...alongside] : values, scale, least);
}

/** Which of the 256 colours a value has; values beyond the domain have the last one. */
export function colourIndex(value: number, [low, high]: readonly [number, number]): number {
  const share = (value - low) / (high - low);
  return Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1))));
}

/** "#rrggbb" of one of the table's words. */
export function cssColour(word: number): string {
  const part = (shift: number) => ((word >>> shift) & 255).toString(16).padStart(2, "0");
  return `#${part(0)}${part(8)}${part(16)}`;
}

/** Black or white, whichever is read better on the colour (relative luminance, WCAG 2). */
export function inkOn(word: number): "#000000" | "#ffffff" {
  const linear = (shift: number) => {
    const c = ((word >>> shift) & 255) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * linear(0) + 0.7152 * linear(8) + 0.0722 * linear(16);
  return luminance > 0.179 ? "#000000" : "#ffffff";
}

/** Background and ink of a signed value beside others of at most `most`; nothing where there is no value. */
export function signedStyle(value: number, most: number, theme: Theme): string {
  if (!Number.isFinite(value)) return "";
  const word = colourTable("signed", theme)[colourIndex(value, [-most, most])] ?? 0;
  return `background: ${cssColour(word)}; color: ${inkOn(word)}`;
}
