// Puts the keys and values of new tokens into their cache slots.
//
//   keyCache[slots[r], c]   = keys[r * kStride + kOffset + c]      for c < width = kvHeads * dHead
//   valueCache[slots[r], c] = values[r * vStride + vOffset + c]
//
//   keys, values           f32  row r starts at r * stride + offset (they may be parts of one fused QKV)
//   slots                  u32  [rows], all different
//   keyCache, valueCache   f32  [slots, width], written in place; other slots stay as they are
//
// One invocation per (row, column).
struct Params {
  rows: u32,
  width: u32,
  kStride: u32,
  kOffset: u32,
  vStride: u32,
  vOffset: u32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keys: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read> slots: array<u32>;
@group(0) @binding(4) var<storage, read_write> keyCache: array<f32>;
@group(0) @binding(5) var<storage, read_write> valueCache: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let element = (group.y * groups.x + group.x) * workgroupSize + local;
  if (element >= params.rows * params.width) {
    return;
  }
  let row = element / params.width;
  let column = element % params.width;
  let to = slots[row] * params.width + column;
  keyCache[to] = keys[row * params.kStride + params.kOffset + column];
  valueCache[to] = values[row * params.vStride + params.vOffset + column];
}
