// Pullback of a matrix product y = x wᵀ: what reaches the scalar through x.
//
//   dx[r, i] = start[r, i] + sum over o < cols of dy[r, yOffset + o] * w[o, i]
//
//   dy     f32  [rows, yStride], of which cols columns from yOffset on belong to these weights
//   w      [cols, inner], stored as the file of `weights/` says (a chunk of a larger matrix: what one gives is the start
//          of the next)
//   start  f32  [rows, inner]; not read where hasStart is 0
//   dx     f32  [rows, inner]
//
// A workgroup computes 64 x 64 numbers; dy and w pass through workgroup memory in steps of 16.
struct Params {
  rows: u32,
  inner: u32,
  cols: u32,
  yStride: u32,
  yOffset: u32,
  hasStart: u32,
}

const tile = 64u;
const tileOut = 16u;
// Numbers of one invocation, along each axis.
const own = 4u;
const threads = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> start: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

// Both by output feature, so that an invocation's values lie side by side.
var<workgroup> dyTile: array<f32, tileOut * tile>;
var<workgroup> wTile: array<f32, tileOut * tile>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let firstRow = group.y * tile;
  let firstCol = group.x * tile;
  let row = local / (tile / own) * own;
  let col = local % (tile / own) * own;
  var sums: array<f32, own * own>;

  for (var first = 0u; first < params.cols; first += tileOut) {
    for (var n = local; n < tileOut * tile; n += threads) {
      let r = firstRow + n / tileOut;
      let o = first + n % tileOut;
      var value = 0.0;
      if (r < params.rows && o < params.cols) {
        value = dy[r * params.yStride + params.yOffset + o];
      }
      dyTile[n % tileOut * tile + n / tileOut] = value;
    }
    for (var n = local; n < tileOut * tile; n += threads) {
      let o = first + n / tile;
      let i = firstCol + n % tile;
      var value = 0.0;
      if (o < params.cols && i < params.inner) {
        value = weight(o, i, params.inner);
      }
      wTile[n] = value;
    }
    workgroupBarrier();
    for (var o = 0u; o < tileOut; o++) {
      for (var i = 0u; i < own; i++) {
        let value = dyTile[o * tile + row + i];
        for (var j = 0u; j < own; j++) {
          sums[i * own + j] += value * wTile[o * tile + col + j];
        }
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < own; i++) {
    for (var j = 0u; j < own; j++) {
      let r = firstRow + row + i;
      let c = firstCol + col + j;
      if (r < params.rows && c < params.inner) {
        let at = r * params.inner + c;
        var value = sums[i * own + j];
        if (params.hasStart != 0u) {
          value += start[at];
        }
        dx[at] = value;
      }
    }
  }
}
