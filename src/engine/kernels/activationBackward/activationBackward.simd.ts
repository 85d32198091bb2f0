/**
 * AssemblyScript: the SIMD twins of the elementwise pullbacks (slopes in their shaders), four elements at a time.
 * Logistic forms: s = 1 / (1 + e), 1 - s = e s, so that nothing cancels where a function saturates.
 */
import { exp4 } from "../exp.simd";

// @ts-ignore: decorator
@inline
function splat(value: f32): v128 {
  return f32x4.splat(value);
}

// @ts-ignore: decorator
@inline
function relu4(v: v128): v128 {
  return v128.and(f32x4.gt(v, splat(0)), splat(1));
}

// @ts-ignore: decorator
@inline
function silu4(v: v128): v128 {
  const e = exp4(f32x4.neg(v));
  const s = f32x4.div(splat(1), f32x4.add(splat(1), e));
  return f32x4.mul(s, f32x4.add(splat(1), f32x4.mul(v, f32x4.mul(e, s))));
}

/** v s with s = 1 / (1 + e^(-2u)), u = sqrt(2/π) (v + 0.044715 v³): s + v s (1 - s) 2u'. */
// @ts-ignore: decorator
@inline
function geluTanh4(v: v128): v128 {
  // Further out the slope is 0 or 1 to f32, and the cube of a large number is none.
  const x = f32x4.pmin(f32x4.pmax(v, splat(-30)), splat(30));
  const square = f32x4.mul(x, x);
  const cubic = f32x4.add(splat(1), f32x4.mul(splat(0.044715), square));
  const e = exp4(f32x4.mul(f32x4.mul(x, cubic), splat(-1.5957691216)));
  const s = f32x4.div(splat(1), f32x4.add(splat(1), e));
  const twiceSlope = f32x4.mul(splat(1.5957691216), f32x4.add(splat(1), f32x4.mul(splat(0.134145), square)));
  return f32x4.add(s, f32x4.mul(f32x4.mul(x, s), f32x4.mul(f32x4.mul(e, s), twiceSlope)));
}

/** Φ(v) + v φ(v), with Φ(-|v|) = erfc(|v| / √2) / 2 by Abramowitz & Stegun 7.1.26. */
// @ts-ignore: decorator
@inline
function geluExact4(v: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(v, splat(-16)), splat(16));
  const size = f32x4.abs(x);
  const z = f32x4.mul(size, splat(0.70710678));
  const bell = exp4(f32x4.neg(f32x4.mul(z, z)));
  const t = f32x4.div(splat(1), f32x4.add(splat(1), f32x4.mul(z, splat(0.3275911))));
  let p = splat(1.061405429);
  p = f32x4.add(f32x4.mul(p, t), splat(-1.453152027));
  p = f32x4.add(f32x4.mul(p, t), splat(1.421413741));
  p = f32x4.add(f32x4.mul(p, t), splat(-0.284496736));
  p = f32x4.add(f32x4.mul(p, t), splat(0.254829592));
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(p, t), bell), splat(0.5));
  const share = v128.bitselect(f32x4.sub(splat(1), tail), tail, f32x4.gt(x, splat(0)));
  return f32x4.add(share, f32x4.mul(x, f32x4.mul(bell, splat(0.39894228))));
}

// @ts-ignore: decorator
@inline
function softcap4(v: v128, cap: f32): v128 {
  const share = f32x4.div(v, splat(cap));
  return f32x4.sub(splat(1), f32x4.mul(share, share));
}

/** 0 relu, 1 silu, 2 geluTanh, 3 geluExact, 4 softcap, 5 a product. */
// @ts-ignore: decorator
@inline
function slope4(kind: u32, v: v128, cap: f32): v128 {
  if (kind == 0) return relu4(v);
  if (kind == 1) return silu4(v);
  if (kind == 2) return geluTanh4(v);
  if (kind == 3) return geluExact4(v);
  if (kind == 4) return softcap4(v, cap);
  return v;
}

// @ts-ignore: decorator
@inline
function times(kind: u32, dy: usize, v: usize, dx: usize, count: u32, own: u32, cap: f32): void {
  for (let first: u32 = 0; first < count; first += own) {
    let at = v;
    const end = v + <usize>own * 4;
    for (; at + 16 <= end; at += 16, dy += 16, dx += 16) {
      v128.store(dx, f32x4.mul(v128.load(dy), slope4(kind, v128.load(at), cap)));
    }
    for (; at < end; at += 4, dy += 4, dx += 4) {
      const slope = f32x4.extract_lane(slope4(kind, v128.load32_splat(at), cap), 0);
      store<f32>(dx, load<f32>(dy) * slope);
    }
  }
}

export function reluBackward(dy: usize, v: usize, dx: usize, count: u32, own: u32): void {
  times(0, dy, v, dx, count, own, 1);
}

export function siluBackward(dy: usize, v: usize, dx: usize, count: u32, own: u32): void {
  times(1, dy, v, dx, count, own, 1);
}

export function geluTanhBackward(dy: usize, v: usize, dx: usize, count: u32, own: u32): void {
  times(2, dy, v, dx, count, own, 1);
}

export function geluExactBackward(dy: usize, v: usize, dx: usize, count: u32, own: u32): void {
  times(3, dy, v, dx, count, own, 1);
}

export function softcapBackward(dy: usize, v: usize, dx: usize, count: u32, own: u32, cap: f32): void {
  times(4, dy, v, dx, count, own, cap);
}

export function multiplyBackward(dy: usize, v: usize, dx: usize, count: u32, own: u32): void {
  times(5, dy, v, dx, count, own, 1);
}
