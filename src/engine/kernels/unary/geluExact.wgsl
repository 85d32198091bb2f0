// GELU in its exact form, `gelu`: 0.5 v (1 + erf(v / sqrt(2))).
// Hendrycks and Gimpel (2016); erf by formula 7.1.26 of Abramowitz and Stegun, error at most 1.5e-7.
struct Params {
  count: u32,
}

fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-x * x));
}

fn apply(v: f32) -> f32 {
  return 0.5 * v * (1.0 + erf(v * 0.7071067811865476));
}
