// Pullback of a matrix product y = x wᵀ to its weights: summed over rows, in their order.
//
//   dw[o, i] = sum over r < rows of dy[r, o] * x[r, i]
//
//   dy  f32  [rows, cols]
//   x   f32  [rows, inner]
//   dw  f32  [cols, inner], however the weights are stored
//
// A workgroup computes 64 x 64 numbers; dy and x pass through workgroup memory in steps of 16 rows.
struct Params {
  rows: u32,
  inner: u32,
  cols: u32,
}

const tile = 64u;
const tileRows = 16u;
// Numbers of one invocation, along each axis.
const own = 4u;
const threads = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> dw: array<f32>;

// Both by row, as they lie in memory.
var<workgroup> dyTile: array<f32, tileRows * tile>;
var<workgroup> xTile: array<f32, tileRows * tile>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let firstOut = group.y * tile;
  let firstIn = group.x * tile;
  let o = local / (tile / own) * own;
  let i = local % (tile / own) * own;
  var sums: array<f32, own * own>;

  for (var first = 0u; first < params.rows; first += tileRows) {
    for (var n = local; n < tileRows * tile; n += threads) {
      let r = first + n / tile;
      let c = n % tile;
      var left = 0.0;
      var right = 0.0;
      if (r < params.rows && firstOut + c < params.cols) {
        left = dy[r * params.cols + firstOut + c];
      }
      if (r < params.rows && firstIn + c < params.inner) {
        right = x[r * params.inner + firstIn + c];
      }
      dyTile[n] = left;
      xTile[n] = right;
    }
    workgroupBarrier();
    for (var r = 0u; r < tileRows; r++) {
      for (var a = 0u; a < own; a++) {
        let value = dyTile[r * tile + o + a];
        for (var b = 0u; b < own; b++) {
          sums[a * own + b] += value * xTile[r * tile + i + b];
        }
      }
    }
    workgroupBarrier();
  }

  for (var a = 0u; a < own; a++) {
    for (var b = 0u; b < own; b++) {
      let row = firstOut + o + a;
      let column = firstIn + i + b;
      if (row < params.cols && column < params.inner) {
        dw[row * params.inner + column] = sums[a * own + b];
      }
    }
  }
}
