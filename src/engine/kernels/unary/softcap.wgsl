// Soft cap: cap tanh(v / cap) (Gemma Team 2024, arXiv 2408.00118, section 2).
struct Params {
  count: u32,
  cap: f32,
}

fn apply(v: f32) -> f32 {
  // tanh saturates long before 10; past it some drivers' tanh overflows.
  return params.cap * tanh(clamp(v / params.cap, -10.0, 10.0));
}
