// What all matrix products share.
//
//   y[r * yStride + yOffset + c] = sum over k of x[r, k] * w[c, k] + bias[yOffset + c]
//
//   x     f32  [rows, inner]
//   w     [cols, inner], one output feature a row (torch Linear), stored as the file of `weights/` says
//   bias  f32  [>= yOffset + cols]; read only if hasBias
//   y     f32  rows of yStride; only columns yOffset … yOffset + cols are written
struct Params {
  rows: u32,
  inner: u32,
  cols: u32,
  hasBias: u32,
  yStride: u32,
  yOffset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn store(r: u32, c: u32, sum: f32) {
  if (r < params.rows && c < params.cols) {
    let column = params.yOffset + c;
    y[r * params.yStride + column] = sum + select(0.0, bias[column], params.hasBias != 0u);
  }
}
