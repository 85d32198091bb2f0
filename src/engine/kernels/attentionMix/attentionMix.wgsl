// Values mixed by a given attention pattern; the last third of `attention`.
//
//   z[i, h, d] = sum over j <= count of pattern[i, h, j] * values[slot_j, g, d]
//   slot_j = visible[offset + j] for j < count, and selfSlot for j = count;  g = floor(h * kvHeads / heads)
//
//   pattern  f32  [queries, heads, stride]
//   values   f32  [slots, kvHeads, dHead]
//   visible  u32  lists of slots, one after the other
//   spans    u32  [queries, 4] = offset into visible, count, selfSlot, position
//   z        f32  [queries, heads, dHead]
//
// One invocation per element of z: neighbours read neighbouring values and the same pattern entry.
struct Params {
  queries: u32,
  heads: u32,
  kvHeads: u32,
  dHead: u32,
  stride: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pattern: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read> visible: array<u32>;
@group(0) @binding(4) var<storage, read> spans: array<u32>;
@group(0) @binding(5) var<storage, read_write> z: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let element = (group.y * groups.x + group.x) * workgroupSize + local;
  if (element >= params.queries * params.heads * params.dHead) {
    return;
  }
  let d = element % params.dHead;
  let index = element / params.dHead;
  let i = index / params.heads;
  let kvHead = index % params.heads * params.kvHeads / params.heads;
  let width = params.kvHeads * params.dHead;
  let column = kvHead * params.dHead + d;
  let offset = spans[4 * i];
  let count = spans[4 * i + 1];

  var sum = pattern[index * params.stride + count] * values[spans[4 * i + 2] * width + column];
  for (var j = 0u; j < count; j++) {
    sum += pattern[index * params.stride + j] * values[visible[offset + j] * width + column];
  }
  z[element] = sum;
}
