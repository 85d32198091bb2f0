// Slices of a sum, added up in order.
//
//   y[i] = start[i] + sum over s < slices of parts[s, i]
//
//   parts  f32  [slices, count];  start  f32  [count], not read where hasStart is 0;  y  f32  [count]
//
// One invocation per element.
struct Params {
  count: u32,
  slices: u32,
  hasStart: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> start: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i >= params.count) {
    return;
  }
  var sum = 0.0;
  for (var s = 0u; s < params.slices; s++) {
    sum += parts[s * params.count + i];
  }
  if (params.hasStart != 0u) {
    sum += start[i];
  }
  y[i] = sum;
}
