// Weights as they are.
//
//   w  f32  [rows, width]
@group(0) @binding(2) var<storage, read> w: array<f32>;

const weightsPerWord = 1u;
alias Word = f32;

fn part(word: Word, i: u32) -> f32 {
  return word;
}

fn toWord(values: vec4f) -> Word {
  return values.x;
}

fn weight(row: u32, column: u32, width: u32) -> f32 {
  return w[row * width + column];
}

// The weights of one word, still without the row's scale.
fn weightWord(row: u32, word: u32, width: u32) -> Word {
  return w[row * width + word];
}

fn weightScale(row: u32, width: u32) -> f32 {
  return 1.0;
}
