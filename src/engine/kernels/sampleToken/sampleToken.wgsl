// Seeded sampling of the next token of each row, from the softmax at a temperature, cut by top-k and top-p.
//
//   kept    = the topK largest logits (0: all; ties to lower ids; never NaN), and of those, from the most
//             probable down, every token before which less than topP of their probability lies (>= 1: all)
//   ids[r]  = argmax over kept of logits[r, id] / temperature - log(-log u(seed, step, r, id))
//             (0 if nothing can be kept: a row of NaN)
//
//   logits  u32  [rows, cols], the bits of f32 numbers (no +infinity); cols < 2^24
//   ids     u32  [rows]
//
// Adding Gumbel noise and taking the maximum draws from the softmax (Gumbel 1954; Yellott 1977), and the noise
// is a hash of what it is for, so that the draw depends on no order and no device: two devices disagree only
// where two tokens tie within rounding.
//
// One workgroup per row. Both cuts are the same search: tokens are ordered by a word of key (an
// order-preserving integer) above inverted id, and the cut is the least word that has less than a limit of
// weight above it, the weight being 1 for top-k and the probability for top-p. Two bits of the word are found
// per pass over the row. Sums of f32 weights only shrink when a threshold rises, since every pass adds in the
// same order, so the search is sound in spite of rounding.
struct Params {
  rows: u32,
  cols: u32,
  temperature: f32,
  topK: u32,
  topP: f32,
  seed: u32,
  step: u32,
}

const invocations = 256u;
const groupSize = 16u;
const lowest = -3.40282346e38;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<u32>;
@group(0) @binding(2) var<storage, read_write> ids: array<u32>;

var<workgroup> partials: array<vec3f, invocations>;
var<workgroup> grouped: array<vec3f, groupSize>;
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

fn valueOf(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffff, (key >> 31) == 1));
}

// The last mixing step of MurmurHash3 (A. Appleby, public domain): every input bit moves every output bit.
fn mixed(x: u32) -> u32 {
  var h = x;
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

// Two words per (seed, step, row): with one, the streams of two rows could be the same numbers in another order.
fn streamOf(row: u32) -> vec2u {
  let a = mixed(mixed(mixed(params.seed + 0x9e3779b9) + params.step) + row);
  return vec2u(a, mixed(a + 0x7f4a7c15));
}

// log(-log u) of the uniform number u = n / 2^24, 0 < n < 2^24, of one token. WGSL's log is only good to 2^-21
// near u = 1, where the winners are, so there -log u = 2 atanh(v / (2 - v)) with v = 1 - u, which is exact.
fn logOfExponential(stream: vec2u, id: u32) -> f32 {
  let n = max(mixed(mixed(id ^ stream.x) + stream.y) >> 8, 1u);
  let v = f32(16777216 - n) / 16777216;
  let s = v / (2 - v);
  let z = s * s;
  let tail = 1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13 + z * (1.0 / 15))));
  let near = 2 * s * (1 + z * (1.0 / 3 + z * (1.0 / 5 + z * tail)));
  let far = -log(f32(n) / 16777216);
  return log(select(far, near, n >= 8388608));
}

// Sum over the workgroup, the same in every invocation.
fn sumOf(own: vec3f, local: u32) -> vec3f {
  partials[local] = own;
  workgroupBarrier();
  if (local < groupSize) {
    var sum = vec3f();
    for (var n = 0u; n < groupSize; n++) {
      sum += partials[local * groupSize + n];
    }
    grouped[local] = sum;
  }
  workgroupBarrier();
  var sum = vec3f();
  for (var n = 0u; n < groupSize; n++) {
    sum += grouped[n];
  }
  return sum;
}

// Probability of a token up to a common factor.
fn weightOf(key: u32, highest: f32) -> f32 {
  return exp((valueOf(key) - highest) / params.temperature);
}

// Total weight of the tokens at or after `cut` whose word is above each of three thresholds.
fn weightAbove(
  keys: vec3u,
  places: vec3u,
  cut: vec2u,
  counting: bool,
  start: u32,
  highest: f32,
  local: u32,
) -> vec3f {
  var sum = vec3f();
  for (var id = local; id < params.cols; id += invocations) {
    let key = keyOf(logits[start + id]);
    let place = params.cols - 1 - id;
    if (key > cut.x || (key == cut.x && place >= cut.y)) {
      let above = (vec3u(key) > keys) | ((vec3u(key) == keys) & (vec3u(place) > places));
      var weight = 1.0;
      if (!counting) {
        weight = weightOf(key, highest);
      }
      sum += select(vec3f(), vec3f(weight), above);
    }
  }
  return sumOf(sum, local);
}

// The least (key, place) with less than `limit` of the weight above it; place = cols - 1 - id.
fn cutAt(limit: f32, cut: vec2u, counting: bool, start: u32, highest: f32, local: u32) -> vec2u {
  let digits = vec3u(0, 1, 2);
  var key = 0u;
  for (var shift = 32u; shift > 0; shift -= 2) {
    let rest = (1u << (shift - 2)) - 1;
    let thresholds = vec3u(key | rest) + (digits << vec3u(shift - 2));
    let above = weightAbove(thresholds, vec3u(0xffffffff), cut, counting, start, highest, local);
    key += dot(select(vec3u(), vec3u(1), above >= vec3f(limit)), vec3u(1)) << (shift - 2);
  }
  var place = 0u;
  for (var shift = (33 - countLeadingZeros(params.cols)) & 62; shift > 0; shift -= 2) {
    let rest = (1u << (shift - 2)) - 1;
    let thresholds = vec3u(place | rest) + (digits << vec3u(shift - 2));
    let above = weightAbove(vec3u(key), thresholds, cut, counting, start, highest, local);
    place += dot(select(vec3u(), vec3u(1), above >= vec3f(limit)), vec3u(1)) << (shift - 2);
  }
  return vec2u(key, place);
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
  let start = row * params.cols;

  var highestKey = 1u;
  for (var id = local; id < params.cols; id += invocations) {
    highestKey = max(highestKey, keyOf(logits[start + id]));
  }
  bestIds[local] = highestKey;
  workgroupBarrier();
  for (var n = 0u; n < invocations; n++) {
    highestKey = max(highestKey, bestIds[n]);
  }
  workgroupBarrier();
  let highest = valueOf(highestKey);

  var cut = vec2u(1, 0); // every number, no NaN
  if (params.topK > 0 && params.topK < params.cols) {
    cut = cutAt(f32(params.topK), cut, true, start, highest, local);
    cut = select(cut, vec2u(1, 0), cut.x == 0);
  }
  if (params.topP < 1) {
    let total = weightAbove(vec3u(), vec3u(), cut, false, start, highest, local).x;
    let limit = max(params.topP * total, 1e-30);
    cut = cutAt(limit, cut, false, start, highest, local);
    cut = select(cut, vec2u(1, 0), cut.x == 0);
  }

  let stream = streamOf(row);
  var bestScore = lowest;
  var bestId = 0xffffffffu;
  for (var id = local; id < params.cols; id += invocations) {
    let key = keyOf(logits[start + id]);
    if (key > cut.x || (key == cut.x && params.cols - 1 - id >= cut.y)) {
      let score = (valueOf(key) - highest) / params.temperature - logOfExponential(stream, id);
      if (score > bestScore || bestId == 0xffffffff) {
        bestScore = score;
        bestId = id;
      }
    }
  }
  partials[local] = vec3f(bestScore);
  bestIds[local] = bestId;
  workgroupBarrier();
  if (local == 0) {
    for (var n = 1u; n < invocations; n++) {
      let score = partials[n].x;
      if (score > bestScore || (score == bestScore && bestIds[n] < bestId)) {
        bestScore = score;
        bestId = bestIds[n];
      }
    }
    ids[row] = select(bestId, 0u, bestId == 0xffffffff);
  }
}
