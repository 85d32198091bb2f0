// A tensor times a number.
struct Params {
  count: u32,
  factor: f32,
}

fn apply(v: f32) -> f32 {
  return params.factor * v;
}
