// How many rows use each latent, and how many of them stand before each block of 32 rows.
//
//   before[b, l] = bits of marks[0 .. b - 1, l];  counts[l] = bits of marks[all, l]
//
//   marks, before  u32  [blocks, latents];  counts  u32  [latents]
//
// One invocation per latent.
struct Params {
  blocks: u32,
  latents: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> marks: array<u32>;
@group(0) @binding(2) var<storage, read_write> before: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let latent = (group.y * groups.x + group.x) * workgroupSize + local;
  if (latent >= params.latents) {
    return;
  }
  var count = 0u;
  for (var block = 0u; block < params.blocks; block++) {
    let at = block * params.latents + latent;
    before[at] = count;
    count += countOneBits(marks[at]);
  }
  counts[latent] = count;
}
