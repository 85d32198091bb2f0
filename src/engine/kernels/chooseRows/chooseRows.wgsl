// Each row of one of two matrices.
//
//   y[r, :] = spans[r].y > 0 ? a[r, :] : b[r, :]
//
//   spans  u32  [rows, 2]: only whether a row has any counts;  a, b, y  f32  [rows, cols]
//
// One invocation per element.
struct Params {
  rows: u32,
  cols: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> spans: array<vec2u>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

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
  if (spans[i / params.cols].y > 0) {
    y[i] = a[i];
  } else {
    y[i] = b[i];
  }
}
