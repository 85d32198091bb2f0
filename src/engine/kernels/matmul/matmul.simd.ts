/**
 * AssemblyScript: y = x Wᵀ + b on the CPU device, the SIMD twin of all matmul kernels.
 *
 *   x [rows, inner] f32;  w [cols, inner] f32, halves with rows padded to whole words, or 8-bit rows (byteRows.ts);
 *   bias f32;  y f32
 *   y[r * yStride + yOffset + c] = sum_k x[r, k] * w[c, k] + bias[yOffset + c]
 *
 * From four rows on: blocks of BLOCK_ROWS rows and BLOCK_INNER of the inner dimension, so that the part of x in
 * use stays in the second-level cache. Within a block, eight rows of w at a time are transposed (and converted,
 * if they are halves) into a panel [inner, 8] that stays in the first-level cache, and a 4 x 8 tile of y is
 * held in registers while walking down the panel. Every block's sums start at zero and are added to y once,
 * which keeps the rounding error of long rows small.
 * Fewer rows are bound by reading w: dot products along it, with four sums or more in flight, in blocks too.
 *
 * After Goto and van de Geijn, "WeightMap of high-performance matrix multiplication" (2008).
 */
import { halvesToFloats } from "../halves.simd";

const PANEL: usize = 8;
const BLOCK_INNER: u32 = 256;
const BLOCK_ROWS: u32 = 128;
/** Longest dot product summed in one go: whole blocks of 16, so that only the last has a tail. */
const BLOCK_DOT: u32 = 256;

/** Four consecutive weights of type T (f32, u16 holding a half, or i8 without its row's scale). */
// @ts-ignore: decorator
@inline
export function loadQuad<T>(at: usize): v128 {
  if (sizeof<T>() == 2) return halvesToFloats(i32x4.extend_low_i16x8_u(v128.load64_zero(at)));
  if (sizeof<T>() == 1) {
    return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(at))));
  }
  return v128.load(at);
}

// @ts-ignore: decorator
@inline
export function loadOne<T>(at: usize): f32 {
  if (sizeof<T>() == 2) return f32x4.extract_lane(halvesToFloats(i32x4.splat(load<u16>(at))), 0);
  if (sizeof<T>() == 1) return <f32>load<i8>(at);
  return load<f32>(at);
}

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
function sumOfLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Row `r`, or the last one past the end: a tail computes that row again instead of branching. */
// @ts-ignore: decorator
@inline
export function clampedRow(base: usize, r: u32, rows: u32, strideBytes: usize): usize {
  return base + <usize>min(r, rows - 1) * strideBytes;
}

/** Transposes four rows of w, `count` long, into four of the panel's eight columns. */
function packFour<T>(w0: usize, w1: usize, w2: usize, w3: usize, count: u32, panel: usize): void {
  let k: u32 = 0;
  for (; k + 4 <= count; k += 4) {
    const at = <usize>k * sizeof<T>();
    const a = loadQuad<T>(w0 + at);
    const b = loadQuad<T>(w1 + at);
    const c = loadQuad<T>(w2 + at);
    const d = loadQuad<T>(w3 + at);
    const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
    const to = panel + <usize>k * PANEL * 4;
    v128.store(to, i64x2.shuffle(abLow, cdLow, 0, 2));
    v128.store(to, i64x2.shuffle(abLow, cdLow, 1, 3), 32);
    v128.store(to, i64x2.shuffle(abHigh, cdHigh, 0, 2), 64);
    v128.store(to, i64x2.shuffle(abHigh, cdHigh, 1, 3), 96);
  }
  for (; k < count; k++) {
    const at = <usize>k * sizeof<T>();
    const to = panel + <usize>k * PANEL * 4;
    store<f32>(to, loadOne<T>(w0 + at));
    store<f32>(to, loadOne<T>(w1 + at), 4);
    store<f32>(to, loadOne<T>(w2 + at), 8);
    store<f32>(to, loadOne<T>(w3 + at), 12);
  }
}

/** Adds a 4 x 8 tile of products to y: four rows of x, `count` long, times the panel. */
export function addTile(
  x0: usize, x1: usize, x2: usize, x3: usize, count: u32, panel: usize,
  y0: usize, y1: usize, y2: usize, y3: usize,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
  const end = panel + <usize>count * PANEL * 4;
  const pairsEnd = panel + <usize>(count & ~1) * PANEL * 4;
  // Two steps of the inner dimension a turn.
  while (panel < pairsEnd) {
    let left = v128.load(panel);
    let right = v128.load(panel, 16);
    let x = v128.load32_splat(x0);
    a0 = multiplyAdd(x, left, a0);
    a1 = multiplyAdd(x, right, a1);
    x = v128.load32_splat(x1);
    b0 = multiplyAdd(x, left, b0);
    b1 = multiplyAdd(x, right, b1);
    x = v128.load32_splat(x2);
    c0 = multiplyAdd(x, left, c0);
    c1 = multiplyAdd(x, right, c1);
    x = v128.load32_splat(x3);
    d0 = multiplyAdd(x, left, d0);
    d1 = multiplyAdd(x, right, d1);

    left = v128.load(panel, 32);
    right = v128.load(panel, 48);
    x = v128.load32_splat(x0, 4);
    a0 = multiplyAdd(x, left, a0);
    a1 = multiplyAdd(x, right, a1);
    x = v128.load32_splat(x1, 4);
    b0 = multiplyAdd(x, left, b0);
    b1 = multiplyAdd(x, right, b1);
    x = v128.load32_splat(x2, 4);
    c0 = multiplyAdd(x, left, c0);
    c1 = multiplyAdd(x, right, c1);
    x = v128.load32_splat(x3, 4);
    d0 = multiplyAdd(x, left, d0);
    d1 = multiplyAdd(x, right, d1);
    panel += 64;
    x0 += 8;
    x1 += 8;
    x2 += 8;
    x3 += 8;
  }
  if (panel < end) {
    const left = v128.load(panel);
    const right = v128.load(panel, 16);
    a0 = multiplyAdd(v128.load32_splat(x0), left, a0);
    a1 = multiplyAdd(v128.load32_splat(x0), right, a1);
    b0 = multiplyAdd(v128.load32_splat(x1), left, b0);
    b1 = multiplyAdd(v128.load32_splat(x1), right, b1);
    c0 = multiplyAdd(v128.load32_splat(x2), left, c0);
    c1 = multiplyAdd(v128.load32_splat(x2), right, c1);
    d0 = multiplyAdd(v128.load32_splat(x3), left, d0);
    d1 = multiplyAdd(v128.load32_splat(x3), right, d1);
  }
  // All of y is read before any is written: rows past the end repeat the last row.
  a0 = f32x4.add(a0, v128.load(y0));
  a1 = f32x4.add(a1, v128.load(y0, 16));
  b0 = f32x4.add(b0, v128.load(y1));
  b1 = f32x4.add(b1, v128.load(y1, 16));
  c0 = f32x4.add(c0, v128.load(y2));
  c1 = f32x4.add(c1, v128.load(y2, 16));
  d0 = f32x4.add(d0, v128.load(y3));
  d1 = f32x4.add(d1, v128.load(y3, 16));
  v128.store(y0, a0);
  v128.store(y0, a1, 16);
  v128.store(y1, b0);
  v128.store(y1, b1, 16);
  v128.store(y2, c0);
  v128.store(y2, c1, 16);
  v128.store(y3, d0);
  v128.store(y3, d1, 16);
}

/** addTile for a panel of fewer than eight columns: works on a copy of the tile of y. */
export function addNarrowTile(
  x0: usize, x1: usize, x2: usize, x3: usize, count: u32, panel: usize,
  y0: usize, y1: usize, y2: usize, y3: usize, bytes: usize, copy: usize,
): void {
  memory.copy(copy, y0, bytes);
  memory.copy(copy + 32, y1, bytes);
  memory.copy(copy + 64, y2, bytes);
  memory.copy(copy + 96, y3, bytes);
  addTile(x0, x1, x2, x3, count, panel, copy, copy + 32, copy + 64, copy + 96);
  // Repeated last rows hold the same sums: the order of these copies does not matter.
  memory.copy(y0, copy, bytes);
  memory.copy(y1, copy + 32, bytes);
  memory.copy(y2, copy + 64, bytes);
  memory.copy(y3, copy + 96, bytes);
}

/** Four rows or more. `y` and `bias` already point at column yOffset; bias is 0 where there is none. */
function manyRows<T>(
  x: usize, w: usize, bias: usize, y: usize,
  rows: u32, inner: u32, cols: u32, xStride: usize, wStride: usize, yStride: usize, scratch: usize,
): void {
  for (let r: u32 = 0; r < rows; r++) {
    const row = y + <usize>r * yStride;
    if (bias != 0) memory.copy(row, bias, <usize>cols * 4);
    else memory.fill(row, 0, <usize>cols * 4);
  }
  const panel = scratch + 128;
  for (let firstRow: u32 = 0; firstRow < rows; firstRow += BLOCK_ROWS) {
    const blockRows = min(BLOCK_ROWS, rows - firstRow);
    for (let k: u32 = 0; k < inner; k += BLOCK_INNER) {
      const count = min(BLOCK_INNER, inner - k);
      const xBlock = x + <usize>firstRow * xStride + <usize>k * 4;
      const wBlock = w + <usize>k * sizeof<T>();
      for (let col: u32 = 0; col < cols; col += <u32>PANEL) {
        for (let four: u32 = 0; four < 8; four += 4) {
          packFour<T>(
            clampedRow(wBlock, col + four, cols, wStride),
            clampedRow(wBlock, col + four + 1, cols, wStride),
            clampedRow(wBlock, col + four + 2, cols, wStride),
            clampedRow(wBlock, col + four + 3, cols, wStride),
            count,
            panel + <usize>four * 4,
          );
        }
        const yBlock = y + <usize>firstRow * yStride + <usize>col * 4;
        for (let r: u32 = 0; r < blockRows; r += 4) {
          const x0 = clampedRow(xBlock, r, blockRows, xStride);
          const x1 = clampedRow(xBlock, r + 1, blockRows, xStride);
          const x2 = clampedRow(xBlock, r + 2, blockRows, xStride);
          const x3 = clampedRow(xBlock, r + 3, blockRows, xStride);
          const y0 = clampedRow(yBlock, r, blockRows, yStride);
          const y1 = clampedRow(yBlock, r + 1, blockRows, yStride);
          const y2 = clampedRow(yBlock, r + 2, blockRows, yStride);
          const y3 = clampedRow(yBlock, r + 3, blockRows, yStride);
          if (col + <u32>PANEL <= cols) addTile(x0, x1, x2, x3, count, panel, y0, y1, y2, y3);
          else addNarrowTile(x0, x1, x2, x3, count, panel, y0, y1, y2, y3, <usize>(cols - col) * 4, scratch);
        }
      }
    }
  }
}

/** One row of x times one row of w. */
function dot<T>(x: usize, w: usize, inner: u32): f32 {
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
  let k: u32 = 0;
  for (; k + 16 <= inner; k += 16) {
    a = multiplyAdd(v128.load(x), loadQuad<T>(w), a);
    b = multiplyAdd(v128.load(x, 16), loadQuad<T>(w + 4 * sizeof<T>()), b);
    c = multiplyAdd(v128.load(x, 32), loadQuad<T>(w + 8 * sizeof<T>()), c);
    d = multiplyAdd(v128.load(x, 48), loadQuad<T>(w + 12 * sizeof<T>()), d);
    x += 64;
    w += 16 * sizeof<T>();
  }
  for (; k + 4 <= inner; k += 4) {
    a = multiplyAdd(v128.load(x), loadQuad<T>(w), a);
    x += 16;
    w += 4 * sizeof<T>();
  }
  let sum = sumOfLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; k < inner; k++) {
    sum += load<f32>(x) * loadOne<T>(w);
    x += 4;
    w += sizeof<T>();
  }
  return sum;
}

/** Adds to y two or three rows of x times one row of w; halves are converted once for all rows. */
function addDotThree<T>(
  x0: usize, x1: usize, x2: usize, w: usize, inner: u32, y0: usize, y1: usize, y2: usize,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0), c0 = f32x4.splat(0), c1 = f32x4.splat(0);
  let k: u32 = 0;
  for (; k + 8 <= inner; k += 8) {
    const at = <usize>k * 4;
    const left = loadQuad<T>(w + <usize>k * sizeof<T>());
    const right = loadQuad<T>(w + <usize>(k + 4) * sizeof<T>());
    a0 = multiplyAdd(v128.load(x0 + at), left, a0);
    a1 = multiplyAdd(v128.load(x0 + at, 16), right, a1);
    b0 = multiplyAdd(v128.load(x1 + at), left, b0);
    b1 = multiplyAdd(v128.load(x1 + at, 16), right, b1);
    c0 = multiplyAdd(v128.load(x2 + at), left, c0);
    c1 = multiplyAdd(v128.load(x2 + at, 16), right, c1);
  }
  let a = sumOfLanes(f32x4.add(a0, a1));
  let b = sumOfLanes(f32x4.add(b0, b1));
  let c = sumOfLanes(f32x4.add(c0, c1));
  for (; k < inner; k++) {
    const at = <usize>k * 4;
    const weight = loadOne<T>(w + <usize>k * sizeof<T>());
    a += load<f32>(x0 + at) * weight;
    b += load<f32>(x1 + at) * weight;
    c += load<f32>(x2 + at) * weight;
  }
  // All of y is read before any is written: of two rows, the second comes twice.
  a += load<f32>(y0);
  b += load<f32>(y1);
  c += load<f32>(y2);
  store<f32>(y0, a);
  store<f32>(y1, b);
  store<f32>(y2, c);
}

// @ts-ignore: decorator
@inline
function matmulOf<T>(
  x: usize, w: usize, bias: usize, y: usize, rows: u32, inner: u32, cols: u32,
  hasBias: u32, yStride: u32, yOffset: u32, wStride: usize, scratch: usize,
): void {
  if (rows == 0) return;
  const biasAt: usize = hasBias != 0 ? bias + <usize>yOffset * 4 : 0;
  const yAt = y + <usize>yOffset * 4;
  const xStride = <usize>inner * 4;
  const yStrideBytes = <usize>yStride * 4;
  if (rows >= 4) {
    manyRows<T>(x, w, biasAt, yAt, rows, inner, cols, xStride, wStride, yStrideBytes, scratch);
    return;
  }
  const x2 = clampedRow(x, 2, rows, xStride);
  for (let c: u32 = 0; c < cols; c++) {
    const row = w + <usize>c * wStride;
    const to = yAt + <usize>c * 4;
    const start: f32 = biasAt != 0 ? load<f32>(biasAt + <usize>c * 4) : 0;
    for (let r: u32 = 0; r < rows; r++) store<f32>(to + <usize>r * yStrideBytes, start);
    for (let k: u32 = 0; k < inner; k += BLOCK_DOT) {
      const count = min(BLOCK_DOT, inner - k);
      const at = <usize>k * 4;
      const part = row + <usize>k * sizeof<T>();
      if (rows == 1) {
        store<f32>(to, load<f32>(to) + dot<T>(x + at, part, count));
      } else {
        const to2 = clampedRow(to, 2, rows, yStrideBytes);
        addDotThree<T>(x + at, x + xStride + at, x2 + at, part, count, to, to + yStrideBytes, to2);
      }
    }
  }
}

/** w f32 [cols, inner]. `scratch`: SCRATCH_BYTES of matmulArgs.ts. */
export function matmul(
  x: usize, w: usize, bias: usize, y: usize, rows: u32, inner: u32, cols: u32,
  hasBias: u32, yStride: u32, yOffset: u32, scratch: usize,
): void {
  matmulOf<f32>(x, w, bias, y, rows, inner, cols, hasBias, yStride, yOffset, <usize>inner * 4, scratch);
}

/** w: packed halves, [cols, ceil(inner / 2)] words. */
export function matmulHalf(
  x: usize, w: usize, bias: usize, y: usize, rows: u32, inner: u32, cols: u32,
  hasBias: u32, yStride: u32, yOffset: u32, scratch: usize,
): void {
  matmulOf<u16>(x, w, bias, y, rows, inner, cols, hasBias, yStride, yOffset, <usize>((inner + 1) >> 1) * 4, scratch);
}

/** w: 8-bit rows, [cols, 1 + ceil(inner / 4)] words. The rows' scales are applied to the finished sums. */
export function matmulByte(
  x: usize, w: usize, bias: usize, y: usize, rows: u32, inner: u32, cols: u32,
  hasBias: u32, yStride: u32, yOffset: u32, scratch: usize,
): void {
  const wStride = <usize>(1 + ((inner + 3) >> 2)) * 4;
  matmulOf<i8>(x, w + 4, bias, y, rows, inner, cols, 0, yStride, yOffset, wStride, scratch);
  for (let r: u32 = 0; r < rows; r++) {
    const row = y + (<usize>r * yStride + yOffset) * 4;
    for (let c: u32 = 0; c < cols; c++) {
      const at = row + <usize>c * 4;
      const start: f32 = hasBias != 0 ? load<f32>(bias + (<usize>yOffset + c) * 4) : 0;
      store<f32>(at, load<f32>(at) * load<f32>(w + <usize>c * wStride) + start);
    }
  }
}
