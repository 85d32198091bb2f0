// An autoencoder's decoder over all latents: right however many are active, and what the sparse one is compared with.
//
//   y[r, c] = start[r, c] + sum over l of z[r, zOffset + l] * w[l, c]
//
//   z      f32  rows of zStride latents, of which zOffset … zOffset + inner are multiplied
//   w      [inner, cols], one latent a row, stored as the file of `weights/` says (a chunk of a larger decoder: what one
//          gives is the start of the next)
//   start  f32  [rows, startStride], or one row for all (the decoder's bias) where startStride is 0
//   y      f32  [rows, cols]
//
// Tiled as the matrix products are: a workgroup computes 64 x 64 outputs, z and w pass through workgroup memory in steps of 16.
struct Params {
  rows: u32,
  inner: u32,
  cols: u32,
  zStride: u32,
  zOffset: u32,
  startStride: u32,
}

const tileRows = 64u;
const tileCols = 64u;
const tileInner = 16u;
// Outputs of one invocation, along each axis.
const own = 4u;
const threads = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(3) var<storage, read> start: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// Both stored by latent, so that an invocation's values lie side by side.
var<workgroup> zTile: array<f32, tileInner * tileRows>;
var<workgroup> wTile: array<f32, tileInner * tileCols>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let firstRow = group.y * tileRows;
  let firstCol = group.x * tileCols;
  let row = (local / (tileCols / own)) * own;
  let col = (local % (tileCols / own)) * own;
  var sums: array<f32, own * own>;

  for (var first = 0u; first < params.inner; first += tileInner) {
    for (var n = local; n < tileInner * tileRows; n += threads) {
      let r = firstRow + n / tileInner;
      let l = first + n % tileInner;
      var value = 0.0;
      if (r < params.rows && l < params.inner) {
        value = z[r * params.zStride + params.zOffset + l];
      }
      zTile[(n % tileInner) * tileRows + n / tileInner] = value;
    }
    for (var n = local; n < tileInner * tileCols; n += threads) {
      let l = first + n / tileCols;
      let c = firstCol + n % tileCols;
      var value = 0.0;
      if (l < params.inner && c < params.cols) {
        value = weight(l, c, params.cols);
      }
      wTile[n] = value;
    }
    workgroupBarrier();
    for (var l = 0u; l < tileInner; l++) {
      for (var i = 0u; i < own; i++) {
        let value = zTile[l * tileRows + row + i];
        for (var j = 0u; j < own; j++) {
          sums[i * own + j] += value * wTile[l * tileCols + col + j];
        }
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < own; i++) {
    for (var j = 0u; j < own; j++) {
      let r = firstRow + row + i;
      let c = firstCol + col + j;
      if (r < params.rows && c < params.cols) {
        y[r * params.cols + c] = start[r * params.startStride + c] + sums[i * own + j];
      }
    }
  }
}
