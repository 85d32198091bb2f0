// Slope of SiLU v / (1 + e^-v): s (1 + v (1 - s)) with s = 1 / (1 + e^-v).
struct Params {
  count: u32,
  own: u32,
}

fn slope(v: f32) -> f32 {
  // Past 80 the exponential overflows on some drivers; the quotient is 0 to f32 long before.
  let s = 1.0 / (1.0 + exp(min(-v, 80.0)));
  return s * (1.0 + v * (1.0 - s));
}
