/** Reference of `chooseRows`. */
interface Views {
  readonly spans: Uint32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly y: Float32Array;
}

export function chooseRowsReference(
  { spans, a, b, y }: Views,
  { rows, cols }: { readonly rows: number; readonly cols: number },
): void {
  for (let row = 0; row < rows; row++) {
    const from = (spans[2 * row + 1] ?? 0) > 0 ? a : b;
    y.set(from.subarray(row * cols, (row + 1) * cols), row * cols);
  }
}
