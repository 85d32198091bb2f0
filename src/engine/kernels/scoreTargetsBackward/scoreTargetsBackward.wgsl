// Pullback of scalars that are sums of log-probabilities and logits of named tokens.
//
//   dLogits[n, c] = sum over the asks e of row n with target_e = c of weight_e - total[n] softmax(logits[n mod own])[c]
//
//   logits   f32  [own, cols], no NaN and no +infinity
//   spans    u32  [rows, 2] = first ask, how many; rows = `own` rows for each scalar
//   targets  u32  [asks];  weights  f32  [asks]
//   totals   f32  [rows]: of the weights, those of log-probabilities; logits themselves count nothing here
//   dLogits  f32  [rows, cols]
//
// One workgroup per row: the maximum and the sum of exponentials first, as in scoreTargets, then every column.
struct Params {
  rows: u32,
  own: u32,
  cols: u32,
}

const invocations = 256u;
const groupSize = 16u;
const lowest = -3.40282346e38;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<u32>;
@group(0) @binding(3) var<storage, read> targets: array<u32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read> totals: array<f32>;
@group(0) @binding(6) var<storage, read_write> dLogits: array<f32>;

var<workgroup> partials: array<f32, invocations>;
var<workgroup> grouped: array<f32, groupSize>;

@compute @workgroup_size(invocations)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) {
    return;
  }
  let start = row % params.own * params.cols;
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
  var sumOfAll = 0.0;
  for (var n = 0u; n < groupSize; n++) {
    sumOfAll += grouped[n];
  }

  let factor = totals[row] / sumOfAll;
  let first = spans[2 * row];
  let end = first + spans[2 * row + 1];
  for (var c = local; c < params.cols; c += invocations) {
    var value = 0.0;
    for (var e = first; e < end; e++) {
      value += select(0.0, weights[e], targets[e] == c);
    }
    dLogits[row * params.cols + c] = value - factor * exp(logits[start + c] - highest);
  }
}
