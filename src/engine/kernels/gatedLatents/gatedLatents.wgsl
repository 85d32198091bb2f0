// The activation of gated autoencoders: one product decides which latents are active, and how strongly.
//
//   y[r, c] = max(x[r, c] * scale[c] + bias[c], 0) if x[r, c] + gateBias[c] > 0, else 0
//
//   x               f32  [rows, cols], the encoder's product without a bias;  y  f32  [rows, cols]
//   gateBias, bias  f32  [cols];  scale  f32  [cols], exp(r_mag)
//
// One invocation per element. Rajamanoharan et al. 2024 (arXiv 2404.16014).
struct Params {
  rows: u32,
  cols: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gateBias: array<f32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

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
  let c = i % params.cols;
  let v = x[i];
  y[i] = select(0.0, max(v * scale[c] + bias[c], 0.0), v + gateBias[c] > 0.0);
}
