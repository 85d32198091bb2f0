// Rotary position embedding of queries or keys (Su et al. 2021, arXiv 2104.09864).
//
//   (y_a, y_b) = m (x_a cos t - x_b sin t, x_a sin t + x_b cos t)   with t = position * frequencies[i], m = magnitude
//   pair i = dims (i, i + rotaryDims / 2), or (2i, 2i + 1) if interleaved; dims >= rotaryDims are copied
//
//   x            f32  row r, head h starts at r * xStride + xOffset + h * dHead (x may be part of a fused QKV)
//   positions    u32  [rows]
//   frequencies  f32  [rotaryDims / 2], radians per position
//   y            f32  [rows, heads, dHead], dense
//
// One invocation per element of y. Sine and cosine are worked out in turn.wgsl: WGSL promises its own only
// to 2^-11, and only between -pi and pi, while position * frequency reaches thousands of radians.
struct Params {
  rows: u32,
  heads: u32,
  dHead: u32,
  rotaryDims: u32,
  xStride: u32,
  xOffset: u32,
  interleaved: u32,
  magnitude: f32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read> frequencies: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let element = (group.y * groups.x + group.x) * workgroupSize + local;
  if (element >= params.rows * params.heads * params.dHead) {
    return;
  }
  let d = element % params.dHead;
  let head = element / params.dHead % params.heads;
  let row = element / params.dHead / params.heads;
  let start = row * params.xStride + params.xOffset + head * params.dHead;
  let own = x[start + d];
  if (d >= params.rotaryDims) {
    y[element] = own;
    return;
  }
  let pair = pairOf(d);
  let cosSin = turn(f32(positions[row]) * frequencies[pair.index]) * params.magnitude;
  let other = x[start + pair.partner];
  y[element] = own * cosSin.x + select(-other, other, pair.isSecond) * cosSin.y;
}
