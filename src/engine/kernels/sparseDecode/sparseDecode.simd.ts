/**
 * AssemblyScript: the SIMD twins of `sparseDecode` and `sparseDecodeHalf` (formula and shapes in the shaders). Row by
 * row: y starts as `start`, then two latents at a time are added to it, so that y, which stays in the first-level
 * cache, is read and written half as often.
 */
import { halvesToFloats } from "../halves.simd";

const NONE: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline
function loadQuad<T>(at: usize): v128 {
  if (sizeof<T>() == 2) return halvesToFloats(i32x4.extend_low_i16x8_u(v128.load64_zero(at)));
  return v128.load(at);
}

// @ts-ignore: decorator
@inline
function loadOne<T>(at: usize): f32 {
  if (sizeof<T>() == 2) return f32x4.extract_lane(halvesToFloats(i32x4.splat(load<u16>(at))), 0);
  return load<f32>(at);
}

/** y += a * w, `cols` long. */
export function addOne<T>(y: usize, cols: u32, a: f32, w: usize): void {
  const factor = f32x4.splat(a);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, y += 16, w += 4 * sizeof<T>()) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(factor, loadQuad<T>(w))));
  }
  for (; c < cols; c++, y += 4, w += sizeof<T>()) store<f32>(y, load<f32>(y) + a * loadOne<T>(w));
}

/** y += a * v + b * w. */
function addTwo<T>(y: usize, cols: u32, a: f32, v: usize, b: f32, w: usize): void {
  const first = f32x4.splat(a);
  const second = f32x4.splat(b);
  let c: u32 = 0;
  for (; c + 4 <= cols; c += 4, y += 16, v += 4 * sizeof<T>(), w += 4 * sizeof<T>()) {
    const sum = f32x4.add(f32x4.mul(first, loadQuad<T>(v)), f32x4.mul(second, loadQuad<T>(w)));
    v128.store(y, f32x4.add(v128.load(y), sum));
  }
  for (; c < cols; c++, y += 4, v += sizeof<T>(), w += sizeof<T>()) {
    store<f32>(y, load<f32>(y) + (a * loadOne<T>(v) + b * loadOne<T>(w)));
  }
}

function decodeOf<T>(
  ids: usize, values: usize, w: usize, start: usize, y: usize, rows: u32, cols: u32,
  width: u32, used: u32, firstRow: u32, tableRows: u32, startStride: u32, wStride: usize,
): void {
  for (let r: u32 = 0; r < rows; r++) {
    memory.copy(y, start, (<usize>cols) << 2);
    // A latent that waits for a second.
    let waiting: usize = 0;
    let waitingValue: f32 = 0;
    for (let n: u32 = 0; n < used; n++) {
      const at = (<usize>n) << 2;
      const id = load<u32>(ids + at);
      if (id == NONE) break;
      const tableRow = id - firstRow;
      if (tableRow >= tableRows) continue;
      const from = w + <usize>tableRow * wStride;
      const value = load<f32>(values + at);
      if (waiting != 0) {
        addTwo<T>(y, cols, waitingValue, waiting, value, from);
        waiting = 0;
      } else {
        waiting = from;
        waitingValue = value;
      }
    }
    if (waiting != 0) addOne<T>(y, cols, waitingValue, waiting);
    ids += (<usize>width) << 2;
    values += (<usize>width) << 2;
    start += (<usize>startStride) << 2;
    y += (<usize>cols) << 2;
  }
}

export function sparseDecode(
  ids: usize, values: usize, w: usize, start: usize, y: usize, rows: u32, cols: u32,
  width: u32, used: u32, firstRow: u32, tableRows: u32, startStride: u32,
): void {
  decodeOf<f32>(
    ids, values, w, start, y, rows, cols, width, used, firstRow, tableRows, startStride, (<usize>cols) << 2,
  );
}

/** w: packed halves, [tableRows, ceil(cols / 2)] words. */
export function sparseDecodeHalf(
  ids: usize, values: usize, w: usize, start: usize, y: usize, rows: u32, cols: u32,
  width: u32, used: u32, firstRow: u32, tableRows: u32, startStride: u32,
): void {
  const wStride = (<usize>((cols + 1) >> 1)) << 2;
  decodeOf<u16>(
    ids, values, w, start, y, rows, cols, width, used, firstRow, tableRows, startStride, wStride,
  );
}
