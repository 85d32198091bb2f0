// Log-probability of named tokens: log softmax of a logit row at one column.
//
//   scores[n] = (x[target] - max) - log(sum_c exp(x[c] - max))   with x = logits[row], (row, target) = asks[n]
//
//   logits  f32  [rows, cols], no NaN and no +infinity
//   asks    u32  [count, 2] = row, target id
//   scores  f32  [count]
//
// One workgroup per ask (softmaxOfRow.wgsl).
struct Params {
  count: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> asks: array<u32>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;

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
  let softmax = softmaxOfRow(start, local);
  if (local == 0) {
    scores[ask] = (logits[start + asks[2 * ask + 1]] - softmax.highest) - log(softmax.total);
  }
}
