// The most probable token of each row.
//
//   ids[r] = the c with the largest logits[r, c]; the lowest such c if several tie; NaN never wins
//            (0 if the whole row is NaN)
//
//   logits  u32  [rows, cols], the bits of f32 numbers
//   ids     u32  [rows]
//
// One workgroup per row. Numbers are compared as order-preserving integers: NaN tests on floats may be
// optimised away, and integers compare alike on every device.
struct Params {
  rows: u32,
  cols: u32,
}

const invocations = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<u32>;
@group(0) @binding(2) var<storage, read_write> ids: array<u32>;

var<workgroup> bestKeys: array<u32, invocations>;
var<workgroup> bestIds: array<u32, invocations>;

// Larger for larger floats; -0 equals 0; 0 for NaN, less than the key of any number.
fn keyOf(bits: u32) -> u32 {
  if ((bits & 0x7fffffff) > 0x7f800000) {
    return 0;
  }
  if (bits == 0x80000000) {
    return 0x80000000;
  }
  return select(bits | 0x80000000, ~bits, (bits >> 31) == 1);
}

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
  var bestKey = 0u;
  var bestId = local;
  for (var id = local; id < params.cols; id += invocations) {
    let key = keyOf(logits[row * params.cols + id]);
    if (key > bestKey) {
      bestKey = key;
      bestId = id;
    }
  }
  bestKeys[local] = bestKey;
  bestIds[local] = bestId;
  for (var half = invocations / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) {
      let key = bestKeys[local + half];
      let id = bestIds[local + half];
      if (key > bestKey || (key == bestKey && id < bestId)) {
        bestKey = key;
        bestId = id;
        bestKeys[local] = key;
        bestIds[local] = id;
      }
    }
  }
  if (local == 0) {
    ids[row] = bestId;
  }
}
