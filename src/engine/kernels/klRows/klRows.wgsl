// Kullback-Leibler divergence between rows of logits: how far one next-token distribution is from another.
//
//   kl[n] = sum_c f(p_c, q_c)     with p = softmax(pLogits[row]), q = softmax(qLogits[other]), (row, other) = pairs[n]
//   f(p, q) = q - p + p d,   d = log p - log q;  in nats
//
// The terms of the textbook's sum p d have both signs and cancel where the rows are close. Those of f add up to the
// same (p and q both sum to 1), none is negative, and an error of the normalisers enters only squared. For small d
// f cancels within itself, so there it is p times its Taylor series d^2/2 - d^3/6 + ... So the result is never
// negative, and exactly 0 for equal rows.
//
//   pLogits  f32  [n, cols];  qLogits  f32  [m, cols]; no NaN, no +infinity, no row that is all -infinity
//   pairs    u32  [count, 2] = row of pLogits, row of qLogits
//   kl       f32  [count]; a token that q excludes (below -1e30, -infinity) and p does not costs about 1e30 nats
//
// One workgroup per pair, three passes over both rows: maxima, sums, terms. Every invocation folds the columns it
// owns; sixteen invocations, then one, join the folds, so that few additions follow each other.
struct Params {
  count: u32,
  cols: u32,
}

const invocations = 256u;
const groupSize = 16u;
const lowest = -1e30;
// Below this |d| the series is used: its first missing term is below 1e-6 of the sum.
const smallRatio = 0.5;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pLogits: array<f32>;
@group(0) @binding(2) var<storage, read> qLogits: array<f32>;
@group(0) @binding(3) var<storage, read> pairs: array<u32>;
@group(0) @binding(4) var<storage, read_write> kl: array<f32>;

// x: of p, y: of q.
var<workgroup> partials: array<vec2f, invocations>;
var<workgroup> grouped: array<vec2f, groupSize>;

fn highestOverWorkgroup(own: vec2f, local: u32) -> vec2f {
  workgroupBarrier();
  partials[local] = own;
  workgroupBarrier();
  if (local < groupSize) {
    var highest = vec2f(lowest);
    for (var n = 0u; n < groupSize; n++) {
      highest = max(highest, partials[local * groupSize + n]);
    }
    grouped[local] = highest;
  }
  workgroupBarrier();
  var highest = vec2f(lowest);
  for (var n = 0u; n < groupSize; n++) {
    highest = max(highest, grouped[n]);
  }
  return highest;
}

fn sumOverWorkgroup(own: vec2f, local: u32) -> vec2f {
  workgroupBarrier();
  partials[local] = own;
  workgroupBarrier();
  if (local < groupSize) {
    var sum = vec2f();
    for (var n = 0u; n < groupSize; n++) {
      sum += partials[local * groupSize + n];
    }
    grouped[local] = sum;
  }
  workgroupBarrier();
  var sum = vec2f();
  for (var n = 0u; n < groupSize; n++) {
    sum += grouped[n];
  }
  return sum;
}

@compute @workgroup_size(invocations)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pair = group.y * groups.x + group.x;
  if (pair >= params.count) {
    return;
  }
  let pStart = pairs[2 * pair] * params.cols;
  let qStart = pairs[2 * pair + 1] * params.cols;

  var own = vec2f(lowest);
  for (var c = local; c < params.cols; c += invocations) {
    own = max(own, vec2f(pLogits[pStart + c], qLogits[qStart + c]));
  }
  let highest = highestOverWorkgroup(own, local);

  own = vec2f();
  for (var c = local; c < params.cols; c += invocations) {
    own += exp(max(vec2f(pLogits[pStart + c], qLogits[qStart + c]), vec2f(lowest)) - highest);
  }
  let logTotal = log(sumOverWorkgroup(own, local));

  own = vec2f();
  for (var c = local; c < params.cols; c += invocations) {
    let logits = max(vec2f(pLogits[pStart + c], qLogits[qStart + c]), vec2f(lowest));
    let logShare = (logits - highest) - logTotal;
    let share = exp(logShare);
    let d = logShare.x - logShare.y;
    let series = d * d * (0.5 + d * (-1.0 / 6.0 + d * (1.0 / 24.0 + d * (-1.0 / 120.0 + d * (1.0 / 720.0 - d / 5040.0)))));
    // What p does not allow costs q: there p d is 0, however large d.
    let cost = share.y - share.x + select(0.0, share.x * d, share.x > 0.0);
    own.x += select(cost, share.x * series, abs(d) < smallRatio);
  }
  let sum = sumOverWorkgroup(own, local).x;
  if (local == 0) {
    kl[pair] = sum;
  }
}
