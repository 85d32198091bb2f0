// One tensor, element by element.
//
//   y[i] = apply(x[i]), where `apply` and its parameters stand in the function's own file
//
//   x, y  f32  [count]
//
// One invocation per element.
override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i < params.count) {
    y[i] = apply(x[i]);
  }
}
