// Pullback of what a norm divides a row by: scale = sqrt(variance + eps), or sqrt(mean square + eps).
//
//   dx[n, c] = dScale[n] (x[r, c] - m_r) / (cols scale[r]),   r = n mod own; m_r = mean of the row where centred = 1, else 0
//
//   dScale  f32  [rows]: cotangents of the scales of `own` rows, for several scalars one after the other
//   x       f32  [own, cols];  scale  f32  [own], as the norm made it;  dx  f32  [rows, cols]
//
// One workgroup per row of dx.
struct Params {
  rows: u32,
  own: u32,
  cols: u32,
  centred: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dScale: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) {
    return;
  }
  let ownStart = row % params.own * params.cols;
  var own = 0.0;
  for (var c = local; c < params.cols; c += workgroupSize) {
    own += x[ownStart + c];
  }
  let mean = select(0.0, sumOverWorkgroup(own, local) / f32(params.cols), params.centred == 1u);
  let factor = dScale[row] / (f32(params.cols) * scale[row % params.own]);
  for (var c = local; c < params.cols; c += workgroupSize) {
    dx[row * params.cols + c] = factor * (x[ownStart + c] - mean);
  }
}
