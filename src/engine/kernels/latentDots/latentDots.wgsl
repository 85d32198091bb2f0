// Pullback of a sparse decoder to its values, and through the ReLU that made them.
//
//   d[r, n] = sum over c of g[r, c] w[ids[r, n], c]  where values[r, n] > 0;  0 elsewhere
//
//   g       f32  [rows, cols]: the cotangent of what was decoded
//   ids     u32  [rows, width];  values  f32  [rows, width]: the code
//   w       f32  [latents, cols]: the decoder
//   d       f32  [rows, width]
//
// One workgroup per slot; the sum is joined by a tree in workgroup memory. After the released kernels of Gao et al. 2024, where
// it is the sparse output of a dense product.
struct Params {
  rows: u32,
  width: u32,
  latents: u32,
  cols: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<f32>;
@group(0) @binding(4) var<storage, read> w: array<f32>;
@group(0) @binding(5) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let slot = group.y * groups.x + group.x;
  if (slot >= params.rows * params.width) {
    return;
  }
  let latent = ids[slot];
  let isLive = latent < params.latents && values[slot] > 0.0;
  var own = 0.0;
  if (isLive) {
    let row = slot / params.width;
    for (var c = local; c < params.cols; c += workgroupSize) {
      own += g[row * params.cols + c] * w[latent * params.cols + c];
    }
  }
  let sum = sumOverWorkgroup(own, local);
  if (local == 0u) {
    d[slot] = sum;
  }
}
