// Pullback of a matrix product y = x wᵀ of few rows and many output features (the unembedding of a scored token), in slices
// of output features that run side by side; `sumSlices` adds them up.
//
//   parts[s, r, i] = sum over the output features o of slice s of dy[r, yOffset + o] * w[o, i]
//
//   dy     f32  [rows, yStride], of which cols columns from yOffset on belong to these weights; rows <= 4
//   w      [cols, inner], stored as the file of `weights/` says
//   parts  f32  [ceil(cols / slice), rows, inner]
//
// An invocation owns one word of columns and walks down its slice: neighbours read neighbouring words.
struct Params {
  rows: u32,
  inner: u32,
  cols: u32,
  yStride: u32,
  yOffset: u32,
  slice: u32,
}

const threads = 64u;
const maxRows = 4u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let word = group.x * threads + local;
  let column = word * weightsPerWord;
  if (column >= params.inner) {
    return;
  }
  let first = group.y * params.slice;
  let end = min(params.cols, first + params.slice);
  var sums: array<Word, maxRows>;
  for (var o = first; o < end; o++) {
    let weights = weightScale(o, params.inner) * weightWord(o, word, params.inner);
    for (var r = 0u; r < params.rows; r++) {
      sums[r] += dy[r * params.yStride + params.yOffset + o] * weights;
    }
  }
  let own = min(weightsPerWord, params.inner - column);
  for (var r = 0u; r < params.rows; r++) {
    for (var i = 0u; i < own; i++) {
      parts[(group.y * params.rows + r) * params.inner + column + i] = part(sums[r], i);
    }
  }
}
