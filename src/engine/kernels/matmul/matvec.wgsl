// Matrix product for one to four rows (formula and bindings in matmul.wgsl): bound by reading w, which is read once.
// A workgroup computes four output features, 64 invocations each. An invocation walks w in steps of 64 words, so that
// neighbours read neighbours, with one sum per row in a vec4; a tree joins the sums.
const lanes = 64u;
const featuresPerGroup = 4u;

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
  for (var word = lane; word * weightsPerWord < params.inner; word += lanes) {
    let weights = weightWord(column, word, params.inner);
    let first = word * weightsPerWord;
    for (var i = 0u; i < min(weightsPerWord, params.inner - first); i++) {
      sums += part(weights, i) * inputs(first + i);
    }
  }
  sums *= weightScale(column, params.inner);
  partial[local] = sums;
  workgroupBarrier();
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[local] += partial[local + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    for (var r = 0u; r < params.rows; r++) {
      store(r, feature, partial[local][r]);
    }
  }
}
