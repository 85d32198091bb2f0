/** Reference of the elementwise kernels of two tensors. */
interface Views {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly y: Float32Array;
}

export const binaryReference =
  (combine: (a: number, b: number) => number) =>
  ({ a, b, y }: Views, { count }: { readonly count: number }): void => {
    for (let i = 0; i < count; i++) y[i] = combine(a[i] ?? 0, b[i] ?? 0);
  };
