// One step of AdamW (Kingma & Ba 2015; decay apart from the gradient: Loshchilov & Hutter 2019).
//
//   m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g²
//   w <- w - rate (decay w + (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps))
//
//   g        f32  [count]: the gradient, times gradientScale (clipping)
//   w, m, v  f32  [count], in place: state of the optimizer
//   params   correction1 = 1 - beta1^t and correction2 = 1 - beta2^t, t = 1 in the first step
//
// One invocation per element.
struct Params {
  count: u32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  eps: f32,
  decay: f32,
  correction1: f32,
  correction2: f32,
  gradientScale: f32,
}

override workgroupSize: u32 = 256;

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
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i >= params.count) {
    return;
  }
  w[i] = adamMoved(i, g[i] * params.gradientScale);
}
