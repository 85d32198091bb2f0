// Where a token stands in a row of logits, and how spread out the row is.
//
//   stats[n] = (log p, rank, entropy)     with x = logits[row], (row, target) = asks[n]
//   log p    = (x[target] - max) - log(sum_c e_c),   e_c = exp(x[c] - max)
//   rank     = how many c have x[c] > x[target]: 0 for the most probable token
//   entropy  = log(sum_c e_c) - sum_c e_c (x[c] - max) / sum_c e_c,   nats, of the whole row
//
//   logits  f32  [rows, cols], no NaN and no +infinity
//   asks    u32  [count, 2] = row, target id
//   stats   f32  [count, 3]
//
// One workgroup per ask. Every invocation folds the columns it owns; sixteen invocations, then one, join the
// sums, so that few additions follow each other and the sums keep their digits.
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
@group(0) @binding(3) var<storage, read_write> stats: array<f32>;

// x: sum of e, y: sum of e (x - max), z: how many are above (a count, exact in f32).
var<workgroup> partials: array<vec3f, invocations>;
var<workgroup> grouped: array<vec3f, groupSize>;

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
  let own = logits[start + asks[2 * ask + 1]];

  var best = lowest;
  for (var c = local; c < params.cols; c += invocations) {
    best = max(best, logits[start + c]);
  }
  partials[local].x = best;
  workgroupBarrier();
  if (local < groupSize) {
    for (var n = 0u; n < groupSize; n++) {
      best = max(best, partials[local * groupSize + n].x);
    }
    grouped[local].x = best;
  }
  workgroupBarrier();
  var highest = lowest;
  for (var n = 0u; n < groupSize; n++) {
    highest = max(highest, grouped[n].x);
  }
  workgroupBarrier();

  var sums = vec3f();
  for (var c = local; c < params.cols; c += invocations) {
    let logit = logits[start + c];
    let share = exp(logit - highest);
    // What has no share has no part of the entropy; it may lie at minus infinity.
    let part = select(0.0, share * max(logit - highest, lowest), share > 0);
    sums += vec3f(share, part, select(0.0, 1.0, logit > own));
  }
  partials[local] = sums;
  workgroupBarrier();
  if (local < groupSize) {
    sums = vec3f();
    for (var n = 0u; n < groupSize; n++) {
      sums += partials[local * groupSize + n];
    }
    grouped[local] = sums;
  }
  workgroupBarrier();
  if (local == 0) {
    var total = vec3f();
    for (var n = 0u; n < groupSize; n++) {
      total += grouped[n];
    }
    let logTotal = log(total.x);
    stats[3 * ask] = (own - highest) - logTotal;
    stats[3 * ask + 1] = total.z;
    stats[3 * ask + 2] = logTotal - total.y / total.x;
  }
}
