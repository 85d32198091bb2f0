// SiLU (swish).
//
//   y = x / (1 + e^-x)
//
//   x, y  f32  [count]
//
// One invocation per element. Elfwing, Uchibe and Doya, arXiv 1702.03118 (2017).
struct Params {
  count: u32,
}

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
  if (i >= params.count) {
    return;
  }
  let v = x[i];
  // Past 80 the exponential overflows on some drivers; the quotient is 0 to f32 long before.
  y[i] = v / (1.0 + exp(min(-v, 80.0)));
}
