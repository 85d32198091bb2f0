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
// One workgroup per row: the softmax first (scoreTargets/softmaxOfRow.wgsl), then every column.
struct Params {
  rows: u32,
  own: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<u32>;
@group(0) @binding(3) var<storage, read> targets: array<u32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read> totals: array<f32>;
@group(0) @binding(6) var<storage, read_write> dLogits: array<f32>;

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
  let softmax = softmaxOfRow(start, local);
  let factor = totals[row] / softmax.total;
  let first = spans[2 * row];
  let end = first + spans[2 * row + 1];
  for (var c = local; c < params.cols; c += invocations) {
    var value = 0.0;
    for (var e = first; e < end; e++) {
      value += select(0.0, weights[e], targets[e] == c);
    }
    dLogits[row * params.cols + c] = value - factor * exp(logits[start + c] - softmax.highest);
  }
}
