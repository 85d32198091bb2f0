// Slope of the soft cap cap tanh(x / cap), from what it gave: 1 - (v / cap)^2.
struct Params {
  count: u32,
  own: u32,
  cap: f32,
}

fn slope(v: f32) -> f32 {
  let share = v / params.cap;
  return 1.0 - share * share;
}
