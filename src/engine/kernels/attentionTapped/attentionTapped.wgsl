// `attention`, which also stores its scores and its pattern: for captures, in the same dispatch.
//
//   z[i, h] = sum_j softmax_j(score_j) * values[slot_j, g],   score_j = scale * q[i, h] . keys[slot_j, g]
//   score_j becomes cap tanh(score_j / cap) where cap > 0 (Gemma Team 2024, arXiv 2408.00118)
//   score_j gains slope_h * (position_j - position_i) where maxAlibiBias > 0 (ALiBi: Press et al. 2022, arXiv 2108.12409)
//   slot_j  = visible[offset + j] for j < count, and selfSlot for j = count;  g = floor(h * kvHeads / heads)
//
//   q        f32  query i, head h starts at i * qStride + qOffset + h * dHead (q may be part of a fused QKV)
//   keys     f32  [slots, kvHeads, dHead]
//   values   f32  [slots, kvHeads, dHead]
//   visible  u32  lists of slots, one after the other; from positionsAt on, the position of each (ALiBi only)
//   spans    u32  [queries, 4] = offset into visible, count, selfSlot, position
//   z        f32  [queries, heads, dHead]; dHead <= 4 * tile
//   scores   f32  [queries, heads, stride]; stride > every count; the lowest f32 where j > count
//   pattern  f32  [queries, heads, stride]; softmax of the scores; 0 where j > count
//
// The work is split as in `attention` and z made by the same steps in the same order, so that a run with captures
// gives the numbers of a run without. Every invocation stores the scores that it makes, and turns them into the
// pattern when the last maximum and total are known. Eight storage buffers: the most that every device has.
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

override tile: u32 = 64;
const maxDHead = 256u;
const lowest = -3.40282346e38;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> keys: array<f32>;
@group(0) @binding(3) var<storage, read> values: array<f32>;
@group(0) @binding(4) var<storage, read> visible: array<u32>;
@group(0) @binding(5) var<storage, read> spans: array<u32>;
@group(0) @binding(6) var<storage, read_write> z: array<f32>;
@group(0) @binding(7) var<storage, read_write> scores: array<f32>;
@group(0) @binding(8) var<storage, read_write> pattern: array<f32>;

var<workgroup> query: array<f32, maxDHead>;
var<workgroup> starts: array<u32, tile>; // where the tile's keys and values begin
var<workgroup> tileScores: array<f32, tile>;
var<workgroup> weights: array<f32, tile>;

// ALiBi's slope of a head. Heads up to the last power of two n take n equal steps of the exponent; those beyond it take
// every second of 2n steps.
fn slopeOf(head: u32) -> f32 {
  let n = 1u << firstLeadingBit(params.heads);
  let steps = select(f32(2u * (head - n) + 1u) / f32(2u * n), f32(head + 1u) / f32(n), head < n);
  return exp2(-params.maxAlibiBias * steps);
}

@compute @workgroup_size(tile)
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
  let kvStride = params.kvHeads * params.dHead;
  let qStart = i * params.qStride + params.qOffset + head * params.dHead;
  for (var d = local; d < params.dHead; d += tile) {
    query[d] = q[qStart + d] * params.scale;
  }
  let offset = spans[4 * i];
  let count = spans[4 * i + 1];
  let selfSlot = spans[4 * i + 2];
  let position = f32(spans[4 * i + 3]);
  let slope = slopeOf(head);
  workgroupBarrier();

  var highest = lowest;
  var total = 0.0;
  var mixed = array<f32, 4>();
  for (var first = 0u; first <= count; first += tile) {
    let inTile = min(tile, count + 1 - first);
    var start = 0u;
    if (local < inTile) {
      var slot = selfSlot;
      if (first + local < count) {
        slot = visible[offset + first + local];
      }
      start = slot * kvStride + kvStart;
      var score = 0.0;
      for (var d = 0u; d < params.dHead; d++) {
        score += query[d] * keys[start + d];
      }
      if (params.cap > 0.0) {
        // tanh saturates long before 10; past it some drivers' tanh overflows.
        score = params.cap * tanh(clamp(score / params.cap, -10.0, 10.0));
      }
      if (params.maxAlibiBias > 0.0 && first + local < count) {
        score += slope * (f32(visible[params.positionsAt + offset + first + local]) - position);
      }
      tileScores[local] = score;
      scores[index * params.stride + first + local] = score;
    }
    workgroupBarrier();

    let before = highest;
    for (var j = 0u; j < inTile; j++) {
      highest = max(highest, tileScores[j]);
    }
    if (local < inTile) {
      starts[local] = start;
      weights[local] = exp(tileScores[local] - highest);
    }
    workgroupBarrier();

    let rescale = exp(before - highest);
    total *= rescale;
    for (var j = 0u; j < inTile; j++) {
      total += weights[j];
    }
    for (var part = 0u; part * tile + local < params.dHead; part++) {
      var sum = mixed[part] * rescale;
      for (var j = 0u; j < inTile; j++) {
        sum += weights[j] * values[starts[j] + part * tile + local];
      }
      mixed[part] = sum;
    }
  }
  for (var part = 0u; part * tile + local < params.dHead; part++) {
    z[index * params.dHead + part * tile + local] = mixed[part] / total;
  }
  for (var j = local; j < params.stride; j += tile) {
    let at = index * params.stride + j;
    if (j <= count) {
      pattern[at] = exp(scores[at] - highest) / total;
    } else {
      scores[at] = lowest;
      pattern[at] = 0.0;
    }
  }
}
