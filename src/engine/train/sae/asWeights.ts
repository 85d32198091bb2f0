/** Parameters as the ops of a forward pass take them. */
import type { Parameter } from "../../optim/adamW";
import type { Matrix, Vector } from "../../ops/weights";

export function matrixOf({ value }: Pick<Parameter, "value">): Matrix {
  const [rows = 0, cols = 0] = value.shape;
  return { shape: [rows, cols], dtype: "f32", chunks: [{ buffer: value.buffer, firstRow: 0, rows }] };
}

export function vectorOf({ value }: Pick<Parameter, "value">): Vector {
  return { buffer: value.buffer, size: value.size };
}
