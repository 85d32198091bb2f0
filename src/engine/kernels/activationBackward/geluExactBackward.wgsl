// Slope of GELU in its exact form: (1 + erf(v / sqrt(2))) / 2 + v e^(-v^2 / 2) / sqrt(2 pi).
// erf by formula 7.1.26 of Abramowitz and Stegun, error at most 1.5e-7.
struct Params {
  count: u32,
  own: u32,
}

fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-x * x));
}

fn slope(v: f32) -> f32 {
  // Past 13 the bell is 0 to f32.
  let bounded = clamp(v, -13.0, 13.0);
  let bell = exp(-0.5 * bounded * bounded) * 0.3989422804014327;
  return 0.5 * (1.0 + erf(bounded * 0.7071067811865476)) + bounded * bell;
}
