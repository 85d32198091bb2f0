// Slope of GELU in its tanh form: (1 + t) / 2 + v (1 - t^2) u' / 2 with t = tanh(u), u = sqrt(2 / pi) (v + 0.044715 v^3).
struct Params {
  count: u32,
  own: u32,
}

fn slope(v: f32) -> f32 {
  // tanh saturates long before 10; past it some drivers' tanh overflows, and v^3 too.
  let bounded = clamp(v, -100.0, 100.0);
  let inner = clamp(0.7978845608028654 * (bounded + 0.044715 * bounded * bounded * bounded), -10.0, 10.0);
  let t = tanh(inner);
  let du = 0.7978845608028654 * (1.0 + 0.134145 * bounded * bounded);
  return 0.5 * (1.0 + t) + 0.5 * bounded * (1.0 - t * t) * du;
}
