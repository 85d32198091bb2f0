/**
 * AssemblyScript: the SIMD twin of `linearWeightsBackward` (formula in its shader). Two output features and 16 columns of x at a
 * time stay in registers while all rows pass; 16 columns of x stay in the first-level cache while all output features do.
 */

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** 16 columns of two rows of dw; the second row may be the first again. */
function wide(dy0: usize, dy1: usize, x: usize, to0: usize, to1: usize, rows: u32, dyStride: usize, xStride: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    const left = v128.load32_splat(dy0);
    const right = v128.load32_splat(dy1);
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    a0 = multiplyAdd(left, x0, a0);
    a1 = multiplyAdd(left, x1, a1);
    a2 = multiplyAdd(left, x2, a2);
    a3 = multiplyAdd(left, x3, a3);
    b0 = multiplyAdd(right, x0, b0);
    b1 = multiplyAdd(right, x1, b1);
    b2 = multiplyAdd(right, x2, b2);
    b3 = multiplyAdd(right, x3, b3);
    dy0 += dyStride;
    dy1 += dyStride;
    x += xStride;
  }
  v128.store(to0, a0);
  v128.store(to0, a1, 16);
  v128.store(to0, a2, 32);
  v128.store(to0, a3, 48);
  v128.store(to1, b0);
  v128.store(to1, b1, 16);
  v128.store(to1, b2, 32);
  v128.store(to1, b3, 48);
}

/** Four columns of one row of dw. */
function narrow(dy: usize, x: usize, to: usize, rows: u32, dyStride: usize, xStride: usize): void {
  let sum = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++, dy += dyStride, x += xStride) {
    sum = multiplyAdd(v128.load32_splat(dy), v128.load(x), sum);
  }
  v128.store(to, sum);
}

function single(dy: usize, x: usize, to: usize, rows: u32, dyStride: usize, xStride: usize): void {
  let sum: f32 = 0;
  for (let r: u32 = 0; r < rows; r++, dy += dyStride, x += xStride) sum += load<f32>(dy) * load<f32>(x);
  store<f32>(to, sum);
}

export function linearWeightsBackward(dy: usize, x: usize, dw: usize, rows: u32, inner: u32, cols: u32): void {
  const dyStride = <usize>cols * 4;
  const xStride = <usize>inner * 4;
  let i: u32 = 0;
  for (; i + 16 <= inner; i += 16) {
    const column = x + <usize>i * 4;
    const to = dw + <usize>i * 4;
    for (let o: u32 = 0; o < cols; o += 2) {
      const second = min(o + 1, cols - 1);
      wide(
        dy + <usize>o * 4, dy + <usize>second * 4, column,
        to + <usize>o * xStride, to + <usize>second * xStride, rows, dyStride, xStride,
      );
    }
  }
  for (; i + 4 <= inner; i += 4) {
    for (let o: u32 = 0; o < cols; o++) {
      const at = <usize>i * 4;
      narrow(dy + <usize>o * 4, x + at, dw + <usize>o * xStride + at, rows, dyStride, xStride);
    }
  }
  for (; i < inner; i++) {
    for (let o: u32 = 0; o < cols; o++) {
      const at = <usize>i * 4;
      single(dy + <usize>o * 4, x + at, dw + <usize>o * xStride + at, rows, dyStride, xStride);
    }
  }
}
