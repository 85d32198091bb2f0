// GELU in its tanh form, GPT-2's `gelu_new`.
//
//   y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
//
//   x, y  f32  [count]
//
// One invocation per element. Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).
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
  // tanh saturates long before 10; past it some drivers' tanh overflows.
  let inner = clamp(0.7978845608028654 * (v + 0.044715 * v * v * v), -10.0, 10.0);
  y[i] = 0.5 * v * (1.0 + tanh(inner));
}
