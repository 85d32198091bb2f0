// Which rows use each latent, 32 rows a word: the first step of putting slots in order of latents.
//
//   bit r mod 32 of marks[r div 32, l] is set where a slot of row r holds latent l
//
//   ids    u32  [rows, width]: no latent twice in a row; 0xffffffff = empty
//   marks  u32  [blocks, latents], blocks = ceil(rows / 32)
//
// One workgroup per block. Bits are set in any order and come out the same.
struct Params {
  rows: u32,
  width: u32,
  latents: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> marks: array<atomic<u32>>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let block = group.y * groups.x + group.x;
  let firstRow = block * 32u;
  if (firstRow >= params.rows) {
    return;
  }
  for (var l = local; l < params.latents; l += workgroupSize) {
    atomicStore(&marks[block * params.latents + l], 0u);
  }
  storageBarrier();
  let slots = min(32u, params.rows - firstRow) * params.width;
  for (var slot = local; slot < slots; slot += workgroupSize) {
    let latent = ids[firstRow * params.width + slot];
    if (latent < params.latents) {
      atomicOr(&marks[block * params.latents + latent], 1u << (slot / params.width));
    }
  }
}
