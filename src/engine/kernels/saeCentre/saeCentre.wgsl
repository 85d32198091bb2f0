// What an autoencoder's encoder reads, where no row is normalised by its own numbers.
//
//   y[r, c] = x[r, c] * factor - bias[c]
//
//   x, y  f32  [rows, cols];  bias  f32  [cols]; read only if hasBias
//
// One invocation per element. The bias is taken off here and not folded into the encoder's, as b - W bias: the
// residual stream's mean is many times what varies, and the difference of two such large products loses its digits.
struct Params {
  rows: u32,
  cols: u32,
  factor: f32,
  hasBias: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i >= params.rows * params.cols) {
    return;
  }
  var value = x[i] * params.factor;
  if (params.hasBias != 0) {
    value -= bias[i % params.cols];
  }
  y[i] = value;
}
