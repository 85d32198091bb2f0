// Pullback of the last steps of both norms, with what a row is divided by as an input of its own.
//
//   y[r, c] = (x[r, c] - m_r) / scale[r] * g[c] (+ bias[c]),   g = weight + weightOffset; m_r = mean of the row where centred = 1
//   dx[n, c]   = (dy[n, c] g[c] - mean of that over the row, where centred = 1) / scale[r],   r = n mod own
//   dScale[n]  = - sum over c of dy[n, c] (y[r, c] - bias[c]) / scale[r]
//
//   dy, dx  f32  [rows, cols]: cotangents of `own` rows of x, for several scalars one after the other
//   x       f32  [own, cols];  scale  f32  [own];  weight  f32  [cols];  dScale  f32  [rows]
//
// One workgroup per row of dy; sums are joined by a tree in workgroup memory.
struct Params {
  rows: u32,
  own: u32,
  cols: u32,
  centred: u32,
  weightOffset: f32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> dScale: array<f32>;

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
  let ownStart = row % params.own * params.cols;
  let factor = 1.0 / scale[row % params.own];
  var mean = 0.0;
  var meanCotangent = 0.0;
  if (params.centred == 1u) {
    var own = 0.0;
    var ownCotangent = 0.0;
    for (var c = local; c < params.cols; c += workgroupSize) {
      own += x[ownStart + c];
      ownCotangent += dy[start + c] * (weight[c] + params.weightOffset);
    }
    mean = sumOverWorkgroup(own, local) / f32(params.cols);
    meanCotangent = sumOverWorkgroup(ownCotangent, local) / f32(params.cols);
  }
  var along = 0.0;
  for (var c = local; c < params.cols; c += workgroupSize) {
    let cotangent = dy[start + c] * (weight[c] + params.weightOffset);
    along += cotangent * (x[ownStart + c] - mean) * factor;
    dx[start + c] = (cotangent - meanCotangent) * factor;
  }
  let total = sumOverWorkgroup(along, local);
  if (local == 0) {
    dScale[row] = -total * factor;
  }
}
