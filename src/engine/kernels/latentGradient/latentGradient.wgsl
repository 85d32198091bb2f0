// Gradient of weights that are used by active latents alone: of each latent the rows that use it, each times what it is worth.
//
//   dw[l, c] = sum over e from firsts[l] to firsts[l + 1] of d[order[e]] x[row of order[e], c]
//   db[l]    = the same sum without x
//
//   d       f32  [rows, width]: for the decoder the values of the code, for the encoder the cotangents of its pre-activations
//   x       f32  [rows, cols]: for the decoder the cotangent of what was decoded, for the encoder its input
//   order   u32  [rows * width], firsts  u32  [latents + 1]: slots in order of latents (slotOrder.wgsl)
//   dw      f32  [latents, cols];  db  f32  [latents]
//
// One invocation per element of dw: a segment sum in a fixed order, so no two write one place and nothing depends on chance.
struct Params {
  latents: u32,
  width: u32,
  cols: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read> firsts: array<u32>;
@group(0) @binding(5) var<storage, read_write> dw: array<f32>;
@group(0) @binding(6) var<storage, read_write> db: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i >= params.latents * params.cols) {
    return;
  }
  let latent = i / params.cols;
  let column = i % params.cols;
  let end = firsts[latent + 1u];
  var sum = 0.0;
  var total = 0.0;
  for (var e = firsts[latent]; e < end; e++) {
    let slot = order[e];
    let worth = d[slot];
    sum += worth * x[slot / params.width * params.cols + column];
    total += worth;
  }
  dw[i] = sum;
  if (column == 0u) {
    db[latent] = total;
  }
}
