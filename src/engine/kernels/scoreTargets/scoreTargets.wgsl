// Log-probability of named tokens: log softmax of a logit row at one column.
//
//   scores[n] = (x[target] - max) - log(sum_c exp(x[c] - max))   with x = logits[row], (row, target) = asks[n]
//
//   logits  f32  [rows, cols], no NaN and no +infinity
//   asks    u32  [count, 2] = row, target id
//   scores  f32  [count]
//
// One workgroup per ask. Every invocation folds the columns it owns; sixteen invocations, then one, join the
// sums, so that few additions follow each other and the sum keeps its digits.
struct Params {
  count: u32,
  cols: u32,
}

const invocations = 256u;
const groupSize = 16u;
const lowest = -3.40282346e38;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> asks: array<u32>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;

var<workgroup> partials: array<f32, invocations>;
var<workgroup> grouped: array<f32, groupSize>;

@compute @workgroup_size(invocations)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let ask = group.y * groups.x + group.x;
  if (ask >= params.count) {
    return;
  }
  let start = asks[2 * ask] * params.cols;

  var own = lowest;
  for (var c = local; c < params.cols; c += invocations) {
    own = max(own, logits[start + c]);
  }
  partials[local] = own;
  workgroupBarrier();
  if (local < groupSize) {
    for (var n = 0u; n < groupSize; n++) {
      own = max(own, partials[local * groupSize + n]);
    }
    grouped[local] = own;
  }
  workgroupBarrier();
  var highest = lowest;
  for (var n = 0u; n < groupSize; n++) {
    highest = max(highest, grouped[n]);
  }

  var sum = 0.0;
  for (var c = local; c < params.cols; c += invocations) {
    sum += exp(logits[start + c] - highest);
  }
  partials[local] = sum;
  workgroupBarrier();
  if (local < groupSize) {
    sum = 0.0;
    for (var n = 0u; n < groupSize; n++) {
      sum += partials[local * groupSize + n];
    }
    grouped[local] = sum;
  }
  workgroupBarrier();
  if (local == 0) {
    var total = 0.0;
    for (var n = 0u; n < groupSize; n++) {
      total += grouped[n];
    }
    scores[ask] = (logits[start + asks[2 * ask + 1]] - highest) - log(total);
  }
}
