// Product: a gated MLP.
fn combine(left: f32, right: f32) -> f32 {
  return left * right;
}
