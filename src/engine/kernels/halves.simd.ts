/**
 * AssemblyScript: four IEEE halves to f32, exactly. Shared by the matmul that reads packed weights.
 *
 * A half's exponent and fraction, moved to an f32's place, read as the value times 2^-112: one multiplication
 * mends normal and subnormal numbers alike (WebAssembly never flushes subnormals). Infinity and NaN get the
 * all-ones exponent afterwards.
 */

/** Lanes: the 16 bits of a half in the low end of each i32. */
// @ts-ignore: decorator
@inline
export function halvesToFloats(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const scaled = f32x4.mul(magnitude, i32x4.splat(0x77800000)); // 2^112
  const notFinite = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x0f7fffff)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(scaled, notFinite), sign);
}
