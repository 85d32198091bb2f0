// Matrix product for 5 to 32 rows, weights in 8-bit rows: a workgroup takes all rows, so w is read once.
//
//   y[r * yStride + yOffset + c] = sum over k of x[r, k] * w[c, k] + bias[yOffset + c]
//
//   x     f32  [rows, inner]
//   w     u32  [cols, 1 + ceil(inner / 4)]: of each row its scale (the bits of an f32), then four signed bytes a
//              word, the lowest first; a weight is scale * byte
//   bias  f32  [>= yOffset + cols]; read only if hasBias
//   y     f32  rows of yStride; only columns yOffset … yOffset + cols are written
//
// A workgroup computes 32 output features of 32 rows; x and w pass through workgroup memory in steps of 32, and
// each invocation keeps four rows of one feature in registers.
struct Params {
  rows: u32,
  inner: u32,
  cols: u32,
  hasBias: u32,
  yStride: u32,
  yOffset: u32,
}

const tileRows = 32u;
const tileCols = 32u;
const tileInner = 32u;
// Outputs of one invocation.
const ownRows = 4u;
const ownCols = 1u;
const threads = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// Stored by inner index, so that an invocation's values lie side by side.
var<workgroup> xTile: array<f32, tileInner * tileRows>;
var<workgroup> wTile: array<f32, tileInner * tileCols>;

fn weight(c: u32, k: u32) -> f32 {
  let row = c * (1u + (params.inner + 3u) / 4u);
  let four = bitcast<i32>(w[row + 1u + k / 4u]);
  return bitcast<f32>(w[row]) * f32(extractBits(four, 8u * (k % 4u), 8u));
}

fn store(r: u32, c: u32, sum: f32) {
  if (r < params.rows && c < params.cols) {
    let column = params.yOffset + c;
    y[r * params.yStride + column] = sum + select(0.0, bias[column], params.hasBias != 0u);
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let firstRow = group.y * tileRows;
  let firstCol = group.x * tileCols;
  let row = (local / (tileCols / ownCols)) * ownRows;
  let col = (local % (tileCols / ownCols)) * ownCols;
  var sums: array<f32, ownRows * ownCols>;

  for (var start = 0u; start < params.inner; start += tileInner) {
    for (var n = local; n < tileInner * tileRows; n += threads) {
      let r = firstRow + n / tileInner;
      let k = start + n % tileInner;
      var value = 0.0;
      if (r < params.rows && k < params.inner) {
        value = x[r * params.inner + k];
      }
      xTile[(n % tileInner) * tileRows + n / tileInner] = value;
    }
    for (var n = local; n < tileInner * tileCols; n += threads) {
      let c = firstCol + n / tileInner;
      let k = start + n % tileInner;
      var value = 0.0;
      if (c < params.cols && k < params.inner) {
        value = weight(c, k);
      }
      wTile[(n % tileInner) * tileCols + n / tileInner] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < tileInner; k++) {
      for (var i = 0u; i < ownRows; i++) {
        let value = xTile[k * tileRows + row + i];
        for (var j = 0u; j < ownCols; j++) {
          sums[i * ownCols + j] += value * wTile[k * tileCols + col + j];
        }
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < ownRows; i++) {
    for (var j = 0u; j < ownCols; j++) {
      store(firstRow + row + i, firstCol + col + j, sums[i * ownCols + j]);
    }
  }
}
