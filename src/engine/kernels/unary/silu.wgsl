// SiLU (swish): v / (1 + e^-v). Elfwing, Uchibe and Doya, arXiv 1702.03118 (2017).
struct Params {
  count: u32,
}

fn apply(v: f32) -> f32 {
  // Past 80 the exponential overflows on some drivers; the quotient is 0 to f32 long before.
  return v / (1.0 + exp(min(-v, 80.0)));
}
