// Sum: what every sublayer adds to the residual stream.
fn combine(left: f32, right: f32) -> f32 {
  return left + right;
}
