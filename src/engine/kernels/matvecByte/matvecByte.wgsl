// Matrix product for one to four rows, weights in 8-bit rows: bound by reading w, which is read once.
//
//   y[r * yStride + yOffset + c] = sum over k of x[r, k] * w[c, k] + bias[yOffset + c]
//
//   x     f32  [rows, inner]
//   w     u32  [cols, 1 + ceil(inner / 4)]: of each row its scale (the bits of an f32), then four signed bytes a
//              word, the lowest first; a weight is scale * byte
//   bias  f32  [>= yOffset + cols]; read only if hasBias
//   y     f32  rows of yStride; only columns yOffset … yOffset + cols are written
//
// A workgroup computes four output features, 64 invocations each. An invocation walks w in steps of 64, so
// that neighbours read neighbours, with one sum per row in a vec4; a tree joins the sums.
struct Params {
  rows: u32,
  inner: u32,
  cols: u32,
  hasBias: u32,
  yStride: u32,
  yOffset: u32,
}

const lanes = 64u;
const featuresPerGroup = 4u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

var<workgroup> partial: array<vec4f, 256>;

// Column k of the four rows; rows past the end repeat the last one and are not stored.
fn inputs(k: u32) -> vec4f {
  let last = params.rows - 1u;
  return vec4f(
    x[k],
    x[min(1u, last) * params.inner + k],
    x[min(2u, last) * params.inner + k],
    x[min(3u, last) * params.inner + k],
  );
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % lanes;
  let feature = (group.y * groups.x + group.x) * featuresPerGroup + local / lanes;
  // Past the end: compute the last feature again, so that every invocation reaches the barriers.
  let column = min(feature, params.cols - 1u);
  var sums = vec4f();
  let words = (params.inner + 3u) / 4u;
  let row = column * (words + 1u);
  for (var k = lane; k < words; k += lanes) {
    let four = bitcast<i32>(w[row + 1u + k]);
    for (var i = 0u; i < min(4u, params.inner - 4u * k); i++) {
      sums += f32(extractBits(four, 8u * i, 8u)) * inputs(4u * k + i);
    }
  }
  sums *= bitcast<f32>(w[row]);
  partial[local] = sums;
  workgroupBarrier();
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[local] += partial[local + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u && feature < params.cols) {
    let offset = params.yOffset + feature;
    let start = select(0.0, bias[offset], params.hasBias != 0u);
    for (var r = 0u; r < params.rows; r++) {
      y[r * params.yStride + offset] = partial[local][r] + start;
    }
  }
}
