// GELU in its exact form, `gelu`.
//
//   y = 0.5 x (1 + erf(x / sqrt(2)))
//
//   x, y  f32  [count]
//
// One invocation per element. Hendrycks and Gimpel (2016); erf by formula 7.1.26 of Abramowitz and Stegun, error at most 1.5e-7.
struct Params {
  count: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-x * x));
}

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
  y[i] = 0.5 * v * (1.0 + erf(v * 0.7071067811865476));
}
