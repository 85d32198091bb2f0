// What active latents add up to: an autoencoder's decoder that reads only their rows.
//
//   y[r, :] = start[r, :] + sum over n < used of values[r, n] * w[ids[r, n] - firstRow, :]
//
//   ids     u32  [rows, width], 0xffffffff = an empty slot, only empty slots behind it;  values  f32  [rows, width]
//   w       [tableRows, cols], one latent a row, stored as the file of `weights/` says
//   start   f32  [rows, startStride], or one row for all (the decoder's bias) where startStride is 0
//   y       f32  [rows, cols]
//
// `w` holds rows firstRow … firstRow + tableRows of a larger decoder, which one binding may not hold: what one chunk
// gives is the start of the next. Latents of other chunks are passed over. A workgroup takes one row and 64 words.
// After sparse_dense_matmul of openai/sparse_autoencoder (kernels.py).
struct Params {
  rows: u32,
  cols: u32,
  width: u32,
  used: u32,
  firstRow: u32,
  tableRows: u32,
  startStride: u32,
}

const tileWords = 64u;
const none = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<f32>;
@group(0) @binding(4) var<storage, read> start: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(tileWords)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let words = (params.cols + weightsPerWord - 1u) / weightsPerWord;
  let tiles = (words + tileWords - 1u) / tileWords;
  let task = group.y * groups.x + group.x;
  let row = task / tiles;
  let word = (task % tiles) * tileWords + local;
  if (row >= params.rows || word >= words) {
    return;
  }
  let c = word * weightsPerWord;
  let own = min(weightsPerWord, params.cols - c);
  var before = vec4f();
  for (var i = 0u; i < own; i++) {
    before[i] = start[row * params.startStride + c + i];
  }
  var sum = toWord(before);
  let first = row * params.width;
  for (var n = first; n < first + params.used; n++) {
    let id = ids[n];
    if (id == none) {
      break;
    }
    // Below firstRow the difference wraps around to a large number, which is out of range as well.
    let tableRow = id - params.firstRow;
    if (tableRow < params.tableRows) {
      sum += values[n] * weightScale(tableRow, params.cols) * weightWord(tableRow, word, params.cols);
    }
  }
  for (var i = 0u; i < own; i++) {
    y[row * params.cols + c + i] = part(sum, i);
  }
}
