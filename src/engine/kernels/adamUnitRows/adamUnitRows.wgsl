// One step of AdamW on rows that stay of length 1 (an autoencoder's decoder; Gao et al. 2024, Bricken et al. 2023):
//
//   g' = g - (g · w) w      what would only lengthen the row is taken off the gradient, before the moments see it
//   w  = adam(w, g');  w <- w / |w|
//
//   g        f32  [rows, cols], times gradientScale
//   w, m, v  f32  [rows, cols], in place: state of the optimizer; rows of w have length 1
//   params   as in adam.wgsl
//
// One workgroup per row; sums are joined by a tree in workgroup memory.
struct Params {
  rows: u32,
  cols: u32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  decay: f32,
  correction1: f32,
  correction2: f32,
  gradientScale: f32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;

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
  let end = (row + 1u) * params.cols;
  var own = 0.0;
  for (var i = row * params.cols + local; i < end; i += workgroupSize) {
    own += g[i] * params.gradientScale * w[i];
  }
  let along = sumOverWorkgroup(own, local);
  var ownSquare = 0.0;
  for (var i = row * params.cols + local; i < end; i += workgroupSize) {
    let moved = adamMoved(i, g[i] * params.gradientScale - along * w[i]);
    w[i] = moved;
    ownSquare += moved * moved;
  }
  let length = sqrt(sumOverWorkgroup(ownSquare, local));
  // A row of zeros has no direction, and stays.
  let factor = select(1.0, 1.0 / length, length > 0.0);
  for (var i = row * params.cols + local; i < end; i += workgroupSize) {
    w[i] *= factor;
  }
}
