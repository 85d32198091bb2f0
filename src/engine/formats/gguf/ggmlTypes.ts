/**
 * The element types of ggml by their number in a file (`enum ggml_type` in github.com/ggml-org/ggml, ggml.h): how
 * many bytes a block of how many values has. Types that are listed but that `tensorReader.ts` cannot read are
 * refused there, by name, and only if a model needs such a tensor.
 */
import { QUANTS, type QuantDtype } from "./quants";

export interface GgmlType {
  readonly name: string;
  readonly values: number;
  readonly bytes: number;
}

const single = (name: string, bytes: number): GgmlType => ({ name, values: 1, bytes });
const block = (name: string, values: number, bytes: number): GgmlType => ({ name, values, bytes });
const readable = (name: QuantDtype): GgmlType => block(name, QUANTS[name].values, QUANTS[name].bytes);

export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map([
  [0, single("F32", 4)],
  [1, single("F16", 2)],
  [2, readable("Q4_0")],
  [3, readable("Q4_1")],
  [6, readable("Q5_0")],
  [7, readable("Q5_1")],
  [8, readable("Q8_0")],
  [9, block("Q8_1", 32, 40)],
  [10, block("Q2_K", 256, 84)],
  [11, block("Q3_K", 256, 110)],
  [12, readable("Q4_K")],
  [13, readable("Q5_K")],
  [14, readable("Q6_K")],
  [15, block("Q8_K", 256, 292)],
  [16, block("IQ2_XXS", 256, 66)],
  [17, block("IQ2_XS", 256, 74)],
  [18, block("IQ3_XXS", 256, 98)],
  [19, block("IQ1_S", 256, 50)],
  [20, block("IQ4_NL", 32, 18)],
  [21, block("IQ3_S", 256, 110)],
  [22, block("IQ2_S", 256, 82)],
  [23, block("IQ4_XS", 256, 136)],
  [24, single("I8", 1)],
  [25, single("I16", 2)],
  [26, single("I32", 4)],
  [27, single("I64", 8)],
  [28, single("F64", 8)],
  [29, block("IQ1_M", 256, 56)],
  [30, single("BF16", 2)],
  [34, block("TQ1_0", 256, 54)],
  [35, block("TQ2_0", 256, 66)],
  [39, block("MXFP4", 32, 17)],
]);
