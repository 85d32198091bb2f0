// Attention scores, kept for a tap, an edit or a drawing; the first third of `attention`.
//
//   scores[i, h, j] = scale * q[i, h] . keys[slot_j, g]   for j <= count, and the lowest f32 after that
//   and of that cap tanh(score / cap) where cap > 0 (Gemma Team 2024, arXiv 2408.00118)
//   plus slope_h * (position_j - position_i) where maxAlibiBias > 0 (ALiBi: Press et al. 2022, arXiv 2108.12409)
//   slot_j = visible[offset + j] for j < count, and selfSlot for j = count;  g = floor(h * kvHeads / heads)
//
//   q        f32  query i, head h starts at i * qStride + qOffset + h * dHead
//   keys     f32  [slots, kvHeads, dHead]
//   visible  u32  lists of slots, one after the other; from positionsAt on, the position of each (ALiBi only)
//   spans    u32  [queries, 4] = offset into visible, count, selfSlot, position
//   scores   f32  [queries, heads, stride]; stride > every count; dHead <= 256
//
// One workgroup per (query, head); its invocations take the keys in turn.
struct Params {
  queries: u32,
  heads: u32,
  kvHeads: u32,
  dHead: u32,
  qStride: u32,
  qOffset: u32,
  scale: f32,
  cap: f32,
  maxAlibiBias: f32,
  positionsAt: u32,
  stride: u32,
}

override workgroupSize: u32 = 64;
const maxDHead = 256u;
const lowest = -3.40282346e38;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> keys: array<f32>;
@group(0) @binding(3) var<storage, read> visible: array<u32>;
@group(0) @binding(4) var<storage, read> spans: array<u32>;
@group(0) @binding(5) var<storage, read_write> scores: array<f32>;

var<workgroup> query: array<f32, maxDHead>;

// ALiBi's slope of a head. Heads up to the last power of two n take n equal steps of the exponent; those beyond it take
// every second of 2n steps.
fn slopeOf(head: u32) -> f32 {
  let n = 1u << firstLeadingBit(params.heads);
  let steps = select(f32(2u * (head - n) + 1u) / f32(2u * n), f32(head + 1u) / f32(n), head < n);
  return exp2(-params.maxAlibiBias * steps);
}

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= params.queries * params.heads) {
    return;
  }
  let i = index / params.heads;
  let head = index % params.heads;
  let kvStart = head * params.kvHeads / params.heads * params.dHead;
  let qStart = i * params.qStride + params.qOffset + head * params.dHead;
  for (var d = local; d < params.dHead; d += workgroupSize) {
    query[d] = q[qStart + d] * params.scale;
  }
  workgroupBarrier();

  let offset = spans[4 * i];
  let count = spans[4 * i + 1];
  let position = f32(spans[4 * i + 3]);
  let slope = slopeOf(head);
  for (var j = local; j < params.stride; j += workgroupSize) {
    var score = lowest;
    if (j <= count) {
      var slot = spans[4 * i + 2];
      if (j < count) {
        slot = visible[offset + j];
      }
      let start = slot * params.kvHeads * params.dHead + kvStart;
      score = 0.0;
      for (var d = 0u; d < params.dHead; d++) {
        score += query[d] * keys[start + d];
      }
      if (params.cap > 0.0) {
        // tanh saturates long before 10; past it some drivers' tanh overflows.
        score = params.cap * tanh(clamp(score / params.cap, -10.0, 10.0));
      }
      if (params.maxAlibiBias > 0.0 && j < count) {
        score += slope * (f32(visible[params.positionsAt + offset + j]) - position);
      }
    }
    scores[index * params.stride + j] = score;
  }
}
