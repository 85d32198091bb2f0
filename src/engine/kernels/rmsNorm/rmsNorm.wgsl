// Root-mean-square normalisation of each row.
//
//   y[r, c] = x[r, c] / scale[r] * (weight[c] + weightOffset),   scale[r] = sqrt(mean(x_r^2) + eps)
//
//   x, y  f32  [rows, cols];  weight  f32  [cols];  scale  f32  [rows]
//
// One workgroup per row. Each invocation sums the elements it owns; the sums are joined by a tree in workgroup
// memory. weightOffset is 1 where a checkpoint stores the gain
// minus one. Zhang and Sennrich (2019). `normApply` repeats the last steps.
struct Params {
  rows: u32,
  cols: u32,
  eps: f32,
  weightOffset: f32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> scale: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) {
    return;
  }
  let start = row * params.cols;

  var own = 0.0;
  for (var c = local; c < params.cols; c += workgroupSize) {
    own += x[start + c] * x[start + c];
  }
  let rootMeanSquare = sqrt(sumOverWorkgroup(own, local) / f32(params.cols) + params.eps);
  if (local == 0) {
    scale[row] = rootMeanSquare;
  }

  let factor = 1.0 / rootMeanSquare;
  for (var c = local; c < params.cols; c += workgroupSize) {
    y[start + c] = x[start + c] * factor * (weight[c] + params.weightOffset);
  }
}
