// Slope of the rectifier max(v, 0): 1 above 0, and 0 at it, as frameworks have it.
struct Params {
  count: u32,
  own: u32,
}

fn slope(v: f32) -> f32 {
  return select(0.0, 1.0, v > 0.0);
}
