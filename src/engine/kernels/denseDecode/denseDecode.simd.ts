/**
 * AssemblyScript: the SIMD twins of `denseDecode` and `denseDecodeHalf` (formula in the shaders). Four rows share one
 * walk down the decoder, and latents that are 0 in all of them are passed over: here "dense" costs what is active.
 */
import { addOne } from "../sparseDecode/sparseDecode.simd";

function decodeAll<T>(
  z: usize, w: usize, start: usize, y: usize, rows: u32, inner: u32, cols: u32,
  zStride: u32, zOffset: u32, startStride: u32, wStride: usize,
): void {
  const zBytes = (<usize>zStride) << 2;
  const yBytes = (<usize>cols) << 2;
  for (let first: u32 = 0; first < rows; first += 4) {
    const count = min<u32>(4, rows - first);
    const own = y + <usize>first * yBytes;
    for (let i: u32 = 0; i < count; i++) {
      memory.copy(own + <usize>i * yBytes, start + (<usize>(first + i) * startStride << 2), yBytes);
    }
    const line = z + <usize>first * zBytes + ((<usize>zOffset) << 2);
    for (let l: u32 = 0; l < inner; l++) {
      const from = w + <usize>l * wStride;
      for (let i: u32 = 0; i < count; i++) {
        const value = load<f32>(line + <usize>i * zBytes + ((<usize>l) << 2));
        if (value != 0) addOne<T>(own + <usize>i * yBytes, cols, value, from);
      }
    }
  }
}

export function denseDecode(
  z: usize, w: usize, start: usize, y: usize, rows: u32, inner: u32, cols: u32,
  zStride: u32, zOffset: u32, startStride: u32,
): void {
  decodeAll<f32>(z, w, start, y, rows, inner, cols, zStride, zOffset, startStride, (<usize>cols) << 2);
}

/** w: packed halves, [inner, ceil(cols / 2)] words. */
export function denseDecodeHalf(
  z: usize, w: usize, start: usize, y: usize, rows: u32, inner: u32, cols: u32,
  zStride: u32, zOffset: u32, startStride: u32,
): void {
  const wStride = (<usize>((cols + 1) >> 1)) << 2;
  decodeAll<u16>(z, w, start, y, rows, inner, cols, zStride, zOffset, startStride, wStride);
}
