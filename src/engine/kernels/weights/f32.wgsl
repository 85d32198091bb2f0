// Weights as they are.
//
//   w  f32  [rows, width]
@group(0) @binding(2) var<storage, read> w: array<f32>;

const weightsPerWord = 1u;

fn weight(row: u32, column: u32, width: u32) -> f32 {
  return w[row * width + column];
}

// The weights of one word, still without the row's scale.
fn weightWord(row: u32, word: u32, width: u32) -> vec4f {
  return vec4f(w[row * width + word], 0.0, 0.0, 0.0);
}

fn weightScale(row: u32, width: u32) -> f32 {
  return 1.0;
}
