// The threshold activations of autoencoders: JumpReLU, and BatchTopK once it is trained.
//
//   y[r, c] = x[r, c] if x[r, c] > max(threshold[c], 0), else 0; NaN gives 0
//
//   x, y  f32  [rows, cols];  threshold  f32  [cols]
//
// One invocation per element. Rajamanoharan et al. 2024 (arXiv 2407.14435), Bussmann et al. 2024 (arXiv 2412.06410).
struct Params {
  rows: u32,
  cols: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> threshold: array<f32>;
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
  let v = x[i];
  y[i] = select(0.0, v, v > max(threshold[i % params.cols], 0.0));
}
