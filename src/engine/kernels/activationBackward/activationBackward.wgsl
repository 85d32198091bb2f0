// Pullback of an elementwise function: dx[i] = dy[i] * slope(v[i mod own]), where `slope` and its parameters stand in the
// function's own file.
//
//   dy, dx  f32  [count]; cotangents of several scalars stand one after the other
//   v       f32  [own], own divides count: what the function read, or what it gave
//
// One invocation per element.
override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i < params.count) {
    dx[i] = dy[i] * slope(v[i % params.own]);
  }
}
