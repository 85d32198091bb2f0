// Pullback of rotary positions: each pair turns back, and gets m times as long again.
//
//   (dx_a, dx_b) = m (dy_a cos t + dy_b sin t, dy_b cos t - dy_a sin t)   with t = position * frequencies[i], m = magnitude
//   pair i = dims (i, i + rotaryDims / 2), or (2i, 2i + 1) if interleaved; dims >= rotaryDims are copied
//
//   dy, dx       f32  [rows, heads, dHead]: cotangents of `own` rows, for several scalars one after the other
//   positions    u32  [own]
//   frequencies  f32  [rotaryDims / 2], radians per position
//
// One invocation per element of dx. Sine and cosine are those of the rotation itself (rotary/turn.wgsl).
struct Params {
  rows: u32,
  own: u32,
  heads: u32,
  dHead: u32,
  rotaryDims: u32,
  interleaved: u32,
  magnitude: f32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read> frequencies: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

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
  let row = element / params.dHead / params.heads;
  let start = element - d;
  let own = dy[element];
  if (d >= params.rotaryDims) {
    dx[element] = own;
    return;
  }
  let pair = pairOf(d);
  let cosSin = turn(f32(positions[row % params.own]) * frequencies[pair.index]) * params.magnitude;
  let other = dy[start + pair.partner];
  dx[element] = own * cosSin.x + select(other, -other, pair.isSecond) * cosSin.y;
}
