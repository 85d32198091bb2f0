// What the softmax of a row of logits is made of: the row's maximum, and the sum of exp(logit - maximum).
//
// A part of modules that bind `logits` [rows, cols] and run one workgroup of `invocations` per row. Every invocation folds
// the columns it owns; sixteen invocations, then each, join the folds, so that few additions follow each other and the
// sum keeps its digits.
const invocations = 256u;
const groupSize = 16u;
const lowest = -3.40282346e38;

struct Softmax {
  highest: f32,
  total: f32,
}

var<workgroup> partials: array<f32, invocations>;
var<workgroup> grouped: array<f32, groupSize>;

// The row begins at `start`. Every invocation calls it, and every one gets the same.
fn softmaxOfRow(start: u32, local: u32) -> Softmax {
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
  var total = 0.0;
  for (var n = 0u; n < groupSize; n++) {
    total += grouped[n];
  }
  return Softmax(highest, total);
}
