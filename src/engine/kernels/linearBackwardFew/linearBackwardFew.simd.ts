/** AssemblyScript: the SIMD twins of `linearBackwardFew` (formula in its shader): slice after slice. */
import { fewRows } from "../linearBackward/linearBackward.simd";

// @ts-ignore: decorator
@inline
function slices<T>(
  dy: usize, w: usize, parts: usize, rows: u32, inner: u32, cols: u32, yStride: u32, yOffset: u32, slice: u32,
  wStride: usize,
): void {
  const bytes = <usize>rows * inner * 4;
  const from = dy + <usize>yOffset * 4;
  for (let first: u32 = 0; first < cols; first += slice, parts += bytes) {
    memory.fill(parts, 0, bytes);
    const count = min(slice, cols - first);
    const at = <usize>first;
    fewRows<T>(from + at * 4, w + at * wStride, parts, rows, inner, count, <usize>yStride * 4, wStride);
  }
}

export function linearBackwardFew(
  dy: usize, w: usize, parts: usize, rows: u32, inner: u32, cols: u32, yStride: u32, yOffset: u32, slice: u32,
): void {
  slices<f32>(dy, w, parts, rows, inner, cols, yStride, yOffset, slice, <usize>inner * 4);
}

/** w: packed halves, [cols, ceil(inner / 2)] words. */
export function linearBackwardFewHalf(
  dy: usize, w: usize, parts: usize, rows: u32, inner: u32, cols: u32, yStride: u32, yOffset: u32, slice: u32,
): void {
  slices<u16>(dy, w, parts, rows, inner, cols, yStride, yOffset, slice, <usize>((inner + 1) >> 1) * 4);
}

/** w: 8-bit rows, [cols, 1 + ceil(inner / 4)] words. */
export function linearBackwardFewByte(
  dy: usize, w: usize, parts: usize, rows: u32, inner: u32, cols: u32, yStride: u32, yOffset: u32, slice: u32,
): void {
  slices<i8>(dy, w + 4, parts, rows, inner, cols, yStride, yOffset, slice, <usize>(1 + ((inner + 3) >> 2)) * 4);
}
