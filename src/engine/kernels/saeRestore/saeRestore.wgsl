// Undoes the normalisation of an autoencoder's input, on its output.
//
//   y[r, c] = x[r, c] * std_r + mean_r,   mean_r, std_r = moments[r], as `saeStandardise` gives them
//
//   x, y  f32  [rows, cols];  moments  f32  [rows, 2]
//
// One invocation per element.
struct Params {
  rows: u32,
  cols: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> moments: array<f32>;
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
  let row = i / params.cols;
  y[i] = x[i] * moments[2 * row + 1] + moments[2 * row];
}
