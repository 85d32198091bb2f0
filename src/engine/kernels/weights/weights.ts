/**
 * How the rows of a weight matrix are stored: as floats, as packed halves, as 8-bit rows with a scale. A family of
 * kernels has one member for each; its shader includes the WGSL file, which declares `w` at binding 2, and its
 * reference reads with `at`.
 */
import type { KernelViews } from "../../device/kernel";
import { byteRowWeight } from "../byteRows";
import { packedHalf } from "../half";
import byteWgsl from "./byte.wgsl?raw";
import f32Wgsl from "./f32.wgsl?raw";
import halfWgsl from "./half.wgsl?raw";

export type WeightsView<W extends "f32" | "u32"> = KernelViews<{ readonly w: W }>["w"];

export interface Weights<W extends "f32" | "u32"> {
  /** What a member's name ends with. */
  readonly suffix: string;
  readonly type: W;
  readonly wgsl: Readonly<Record<string, string>>;
  readonly perWord: number;
  /** Weight [row, column] of a matrix [rows, width]. */
  at(w: WeightsView<W>, width: number, row: number, column: number): number;
}

export const F32: Weights<"f32"> = {
  suffix: "",
  type: "f32",
  wgsl: { "weights/f32.wgsl": f32Wgsl },
  perWord: 1,
  at: (w, width, row, column) => w[row * width + column] ?? 0,
};

export const HALF: Weights<"u32"> = {
  suffix: "Half",
  type: "u32",
  wgsl: { "weights/half.wgsl": halfWgsl },
  perWord: 2,
  at: packedHalf,
};

export const BYTE: Weights<"u32"> = {
  suffix: "Byte",
  type: "u32",
  wgsl: { "weights/byte.wgsl": byteWgsl },
  perWord: 4,
  at: byteRowWeight,
};
