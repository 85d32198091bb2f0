// A norm with a given scale: what follows when the scale of `layerNorm` or `rmsNorm` is edited.
//
//   centred = 1:  y[r, c] = (x[r, c] - mean_r) / scale[r] * weight[c] + bias[c]
//   centred = 0:  y[r, c] = x[r, c] / scale[r] * (weight[c] + weightOffset)
//
//   x, y  f32  [rows, cols];  scale  f32  [rows];  weight, bias  f32  [cols]; bias is not read where centred = 0
//
// One workgroup per row, mean and last steps as in `layerNorm` and `rmsNorm`, so that the scale that those wrote
// gives the y that those gave.
struct Params {
  rows: u32,
  cols: u32,
  centred: u32,
  weightOffset: f32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

var<workgroup> partial: array<f32, workgroupSize>;

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
    own += x[start + c];
  }
  partial[local] = own;
  workgroupBarrier();
  for (var half = workgroupSize / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      partial[local] += partial[local + half];
    }
    workgroupBarrier();
  }
  let mean = partial[0] / f32(params.cols);

  let factor = 1.0 / scale[row];
  for (var c = local; c < params.cols; c += workgroupSize) {
    if (params.centred == 1u) {
      y[start + c] = (x[start + c] - mean) * factor * weight[c] + bias[c];
    } else {
      y[start + c] = x[start + c] * factor * (weight[c] + params.weightOffset);
    }
  }
}
