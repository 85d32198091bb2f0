/**
 * AssemblyScript: the SIMD twins of `linearBackward` (formula in linearBackward.wgsl).
 *
 * From four rows on as the twin of the matrix product: blocks of rows and of output features, a panel of eight columns of
 * w held in the first-level cache, tiles of 4 x 8 sums in registers. Here a panel's eight columns lie side by side
 * already. Fewer rows walk down w once and add its rows to theirs, each times its cotangent.
 */
import { addNarrowTile, addTile, clampedRow, loadOne, loadQuad } from "../matmul/matmul.simd";

const PANEL: u32 = 8;
const BLOCK_OUT: u32 = 256;
const BLOCK_ROWS: u32 = 128;

/** What a row of w is multiplied by; 8-bit rows have it in front of them. */
// @ts-ignore: decorator
@inline
function scaleOf<T>(row: usize): f32 {
  return sizeof<T>() == 1 ? load<f32>(row - 4) : 1;
}

/** `width` columns (at most 8) of `count` rows of w, into the panel's rows of eight. */
function packRows<T>(w: usize, wStride: usize, first: u32, width: u32, count: u32, panel: usize): void {
  for (let k: u32 = 0; k < count; k++) {
    const row = w + <usize>k * wStride;
    const from = row + <usize>first * sizeof<T>();
    const scale = scaleOf<T>(row);
    if (width == PANEL) {
      const factor = f32x4.splat(scale);
      v128.store(panel, f32x4.mul(loadQuad<T>(from), factor));
      v128.store(panel, f32x4.mul(loadQuad<T>(from + 4 * sizeof<T>()), factor), 16);
    } else {
      for (let c: u32 = 0; c < width; c++) {
        store<f32>(panel + <usize>c * 4, scale * loadOne<T>(from + <usize>c * sizeof<T>()));
      }
    }
    panel += 32;
  }
}

function manyRows<T>(
  dy: usize, w: usize, dx: usize, rows: u32, inner: u32, cols: u32, dyStride: usize, wStride: usize, scratch: usize,
): void {
  const dxStride = <usize>inner * 4;
  const panel = scratch + 128;
  for (let firstRow: u32 = 0; firstRow < rows; firstRow += BLOCK_ROWS) {
    const blockRows = min(BLOCK_ROWS, rows - firstRow);
    for (let k: u32 = 0; k < cols; k += BLOCK_OUT) {
      const count = min(BLOCK_OUT, cols - k);
      const dyBlock = dy + <usize>firstRow * dyStride + <usize>k * 4;
      for (let col: u32 = 0; col < inner; col += PANEL) {
        const width = min(PANEL, inner - col);
        packRows<T>(w + <usize>k * wStride, wStride, col, width, count, panel);
        const dxBlock = dx + <usize>firstRow * dxStride + <usize>col * 4;
        for (let r: u32 = 0; r < blockRows; r += 4) {
          const a0 = clampedRow(dyBlock, r, blockRows, dyStride);
          const a1 = clampedRow(dyBlock, r + 1, blockRows, dyStride);
          const a2 = clampedRow(dyBlock, r + 2, blockRows, dyStride);
          const a3 = clampedRow(dyBlock, r + 3, blockRows, dyStride);
          const y0 = clampedRow(dxBlock, r, blockRows, dxStride);
          const y1 = clampedRow(dxBlock, r + 1, blockRows, dxStride);
          const y2 = clampedRow(dxBlock, r + 2, blockRows, dxStride);
          const y3 = clampedRow(dxBlock, r + 3, blockRows, dxStride);
          if (width == PANEL) addTile(a0, a1, a2, a3, count, panel, y0, y1, y2, y3);
          else addNarrowTile(a0, a1, a2, a3, count, panel, y0, y1, y2, y3, <usize>width * 4, scratch);
        }
      }
    }
  }
}

export function fewRows<T>(
  dy: usize, w: usize, dx: usize, rows: u32, inner: u32, cols: u32, dyStride: usize, wStride: usize,
): void {
  for (let k: u32 = 0; k < cols; k++) {
    const row = w + <usize>k * wStride;
    const scale = scaleOf<T>(row);
    for (let r: u32 = 0; r < rows; r++) {
      const value = scale * load<f32>(dy + <usize>r * dyStride + <usize>k * 4);
      if (value == 0) continue;
      const factor = f32x4.splat(value);
      let to = dx + <usize>r * inner * 4;
      let i: u32 = 0;
      for (; i + 4 <= inner; i += 4, to += 16) {
        const weights = loadQuad<T>(row + <usize>i * sizeof<T>());
        v128.store(to, f32x4.add(v128.load(to), f32x4.mul(factor, weights)));
      }
      for (; i < inner; i++, to += 4) {
        store<f32>(to, load<f32>(to) + value * loadOne<T>(row + <usize>i * sizeof<T>()));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function backwardOf<T>(
  dy: usize, w: usize, start: usize, dx: usize, rows: u32, inner: u32, cols: u32,
  yStride: u32, yOffset: u32, hasStart: u32, wStride: usize, scratch: usize,
): void {
  if (rows == 0) return;
  const bytes = <usize>rows * inner * 4;
  if (hasStart != 0) memory.copy(dx, start, bytes);
  else memory.fill(dx, 0, bytes);
  const from = dy + <usize>yOffset * 4;
  const dyStride = <usize>yStride * 4;
  if (rows < 4) fewRows<T>(from, w, dx, rows, inner, cols, dyStride, wStride);
  else manyRows<T>(from, w, dx, rows, inner, cols, dyStride, wStride, scratch);
}

export function linearBackward(
  dy: usize, w: usize, start: usize, dx: usize, rows: u32, inner: u32, cols: u32,
  yStride: u32, yOffset: u32, hasStart: u32, scratch: usize,
): void {
  backwardOf<f32>(dy, w, start, dx, rows, inner, cols, yStride, yOffset, hasStart, <usize>inner * 4, scratch);
}

/** w: packed halves, [cols, ceil(inner / 2)] words. */
export function linearBackwardHalf(
  dy: usize, w: usize, start: usize, dx: usize, rows: u32, inner: u32, cols: u32,
  yStride: u32, yOffset: u32, hasStart: u32, scratch: usize,
): void {
  const wStride = <usize>((inner + 1) >> 1) * 4;
  backwardOf<u16>(dy, w, start, dx, rows, inner, cols, yStride, yOffset, hasStart, wStride, scratch);
}

/** w: 8-bit rows, [cols, 1 + ceil(inner / 4)] words. */
export function linearBackwardByte(
  dy: usize, w: usize, start: usize, dx: usize, rows: u32, inner: u32, cols: u32,
  yStride: u32, yOffset: u32, hasStart: u32, scratch: usize,
): void {
  const wStride = <usize>(1 + ((inner + 3) >> 2)) * 4;
  backwardOf<i8>(dy, w + 4, start, dx, rows, inner, cols, yStride, yOffset, hasStart, wStride, scratch);
}
