// Pullback of softmax, a row of the attention pattern at a time.
//
//   dScores[n, h, j] = p[i, h, j] (dPattern[n, h, j] - sum over k <= count of p[i, h, k] dPattern[n, h, k]),   i = n mod own
//   and 0 for j > count, whatever stands there in dPattern
//
//   dPattern, dScores  f32  [queries, heads, stride]: cotangents of `own` queries, for several scalars one after the other
//   pattern            f32  [own, heads, stride], as softmax made it
//   spans              u32  [own, 4] = offset into the lists, count, selfSlot, position; only count is read
//
// One workgroup per (query, head).
struct Params {
  queries: u32,
  own: u32,
  heads: u32,
  stride: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dPattern: array<f32>;
@group(0) @binding(2) var<storage, read> pattern: array<f32>;
@group(0) @binding(3) var<storage, read> spans: array<u32>;
@group(0) @binding(4) var<storage, read_write> dScores: array<f32>;

var<workgroup> sums: array<f32, workgroupSize>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= params.queries * params.heads) {
    return;
  }
  let i = index / params.heads % params.own;
  let start = index * params.stride;
  let ownStart = (i * params.heads + index % params.heads) * params.stride;
  let count = spans[4 * i + 1];
  var own = 0.0;
  for (var j = local; j <= count; j += workgroupSize) {
    own += pattern[ownStart + j] * dPattern[start + j];
  }
  sums[local] = own;
  workgroupBarrier();
  var total = 0.0;
  for (var n = 0u; n < workgroupSize; n++) {
    total += sums[n];
  }
  for (var j = local; j < params.stride; j += workgroupSize) {
    dScores[start + j] = select(0.0, pattern[ownStart + j] * (dPattern[start + j] - total), j <= count);
  }
}
