// Weights in 8-bit rows.
//
//   w  u32  [rows, 1 + ceil(width / 4)]: of each row its scale (the bits of an f32), then four signed bytes a word, the
//           lowest first; a weight is scale * byte
@group(0) @binding(2) var<storage, read> w: array<u32>;

const weightsPerWord = 4u;
alias Word = vec4f;

fn part(word: Word, i: u32) -> f32 {
  return word[i];
}

fn toWord(values: vec4f) -> Word {
  return values;
}

fn weight(row: u32, column: u32, width: u32) -> f32 {
  let four = bitcast<i32>(w[row * (1u + (width + 3u) / 4u) + 1u + column / 4u]);
  return weightScale(row, width) * f32(extractBits(four, 8u * (column % 4u), 8u));
}

// The weights of one word, still without the row's scale.
fn weightWord(row: u32, word: u32, width: u32) -> Word {
  let four = bitcast<i32>(w[row * (1u + (width + 3u) / 4u) + 1u + word]);
  return vec4f(
    f32(extractBits(four, 0u, 8u)),
    f32(extractBits(four, 8u, 8u)),
    f32(extractBits(four, 16u, 8u)),
    f32(extractBits(four, 24u, 8u)),
  );
}

fn weightScale(row: u32, width: u32) -> f32 {
  return bitcast<f32>(w[row * (1u + (width + 3u) / 4u)]);
}
