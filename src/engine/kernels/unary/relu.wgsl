// Rectifier: max(v, 0).
struct Params {
  count: u32,
}

fn apply(v: f32) -> f32 {
  return max(v, 0.0);
}
