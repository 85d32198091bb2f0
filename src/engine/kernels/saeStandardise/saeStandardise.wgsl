// What an autoencoder's encoder reads, where every row is normalised by its own numbers; these are handed back, to
// undo it after decoding.
//
//   centred:  mean_r = mean(x[r]),  std_r = sqrt(sum (x - mean_r)^2 / (cols - 1)), Bessel's correction
//   else:     mean_r = 0,           std_r = sqrt(sum x^2 / cols)
//   y[r, c] = (x[r, c] - mean_r) / (std_r + eps) - bias[c];   moments[r] = mean_r, std_r
//
//   x, y  f32  [rows, cols], cols > 1 where centred;  bias  f32  [cols], read only if hasBias;  moments  f32  [rows, 2]
//
// Centred is the scheme of OpenAI's GPT-2 autoencoders (openai/sparse_autoencoder, LN in model.py: eps 1e-5, outside of the
// root; undone by std without it), the other the scaling of rows to length sqrt(cols).
// One workgroup per row, as in layerNorm: first the mean, then the squares of what is left.
struct Params {
  rows: u32,
  cols: u32,
  eps: f32,
  centred: u32,
  hasBias: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> moments: array<f32>;

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

  var mean = 0.0;
  if (params.centred != 0) {
    var own = 0.0;
    for (var c = local; c < params.cols; c += workgroupSize) {
      own += x[start + c];
    }
    mean = sumOverWorkgroup(own, local) / f32(params.cols);
  }

  var own = 0.0;
  for (var c = local; c < params.cols; c += workgroupSize) {
    let left = x[start + c] - mean;
    own += left * left;
  }
  let deviation = sqrt(sumOverWorkgroup(own, local) / f32(params.cols - min(params.centred, 1)));
  if (local == 0) {
    moments[2 * row] = mean;
    moments[2 * row + 1] = deviation;
  }

  let divisor = deviation + params.eps;
  for (var c = local; c < params.cols; c += workgroupSize) {
    var value = (x[start + c] - mean) / divisor;
    if (params.hasBias != 0) {
      value -= bias[c];
    }
    y[start + c] = value;
  }
}
