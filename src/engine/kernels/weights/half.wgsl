// Weights in packed halves.
//
//   w  u32  [rows, ceil(width / 2)], two halves a word, the lower one first
@group(0) @binding(2) var<storage, read> w: array<u32>;

const weightsPerWord = 2u;
alias Word = vec2f;

fn part(word: Word, i: u32) -> f32 {
  return word[i];
}

fn toWord(values: vec4f) -> Word {
  return values.xy;
}

fn weight(row: u32, column: u32, width: u32) -> f32 {
  return unpack2x16float(w[row * ((width + 1u) / 2u) + column / 2u])[column % 2u];
}

// The weights of one word, still without the row's scale.
fn weightWord(row: u32, word: u32, width: u32) -> Word {
  return unpack2x16float(w[row * ((width + 1u) / 2u) + word]);
}

fn weightScale(row: u32, width: u32) -> f32 {
  return 1.0;
}
