// Attention pattern: softmax of the scores; the second third of `attention`.
//
//   pattern[i, h, j] = exp(scores[i, h, j] - max) / sum over j <= count, and 0 for j > count
//
//   scores   f32  [queries, heads, stride]
//   spans    u32  [queries, 4] = offset into the lists, count, selfSlot, position; only count is read
//   pattern  f32  [queries, heads, stride]; stride > every count
//
// One workgroup per (query, head). Each invocation folds the scores it owns; the folds are joined in
// workgroup memory by every invocation for itself, which costs fewer barriers than a tree.
struct Params {
  queries: u32,
  heads: u32,
  stride: u32,
}

override workgroupSize: u32 = 64;
const lowest = -3.40282346e38;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<u32>;
@group(0) @binding(3) var<storage, read_write> pattern: array<f32>;

var<workgroup> maxima: array<f32, workgroupSize>;
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
  let start = index * params.stride;
  let count = spans[4 * (index / params.heads) + 1];

  var own = lowest;
  for (var j = local; j <= count; j += workgroupSize) {
    own = max(own, scores[start + j]);
  }
  maxima[local] = own;
  workgroupBarrier();
  var highest = lowest;
  for (var n = 0u; n < workgroupSize; n++) {
    highest = max(highest, maxima[n]);
  }

  var sum = 0.0;
  for (var j = local; j <= count; j += workgroupSize) {
    sum += exp(scores[start + j] - highest);
  }
  sums[local] = sum;
  workgroupBarrier();
  var total = 0.0;
  for (var n = 0u; n < workgroupSize; n++) {
    total += sums[n];
  }

  for (var j = local; j < params.stride; j += workgroupSize) {
    pattern[start + j] = select(0.0, exp(scores[start + j] - highest) / total, j <= count);
  }
}
