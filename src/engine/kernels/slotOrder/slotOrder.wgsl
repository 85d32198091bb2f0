// Slots in order of latents, those of one latent in order of rows.
//
//   order[firsts[l] + how many rows before r use l] = r * width + n,   l = ids[r, n]
//
//   ids  u32  [rows, width];  marks, before  u32  [blocks, latents];  firsts  u32  [latents + 1]
//   order  u32  [rows * width]: behind firsts[latents], which empty slots leave over, nothing is written
//
// One invocation per slot; no two write one place, and nothing depends on which comes first.
struct Params {
  rows: u32,
  width: u32,
  latents: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> marks: array<u32>;
@group(0) @binding(3) var<storage, read> before: array<u32>;
@group(0) @binding(4) var<storage, read> firsts: array<u32>;
@group(0) @binding(5) var<storage, read_write> order: array<u32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let slot = (group.y * groups.x + group.x) * workgroupSize + local;
  if (slot >= params.rows * params.width) {
    return;
  }
  let latent = ids[slot];
  if (latent >= params.latents) {
    return;
  }
  let row = slot / params.width;
  let at = row / 32u * params.latents + latent;
  let rowsBefore = countOneBits(marks[at] & ((1u << (row % 32u)) - 1u));
  order[firsts[latent] + before[at] + rowsBefore] = slot;
}
