export class Tensor {
  type: string;
  data: ArrayLike<unknown>;
  dims: number[];
  size: number;
  constructor(type: string, data: ArrayLike<unknown>, dims: number[]);
}
export class InferenceSession {}
export const env: Record<string, unknown>;
