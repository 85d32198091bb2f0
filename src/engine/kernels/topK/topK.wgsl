// The k most probable tokens of each row with their log-probabilities: exact, most probable first.
//
//   ids[r, n]      = the id with the n-th largest logit; ties to the lower id; NaN last, in order of id
//   logProbs[r, n] = (x - max) - log(sum exp(x - max)), sums over the row without its NaN
//   past the end of the row: 0xffffffff and the lowest f32; the lowest f32 for NaN, too
//
//   logits    u32  [rows, cols], the bits of f32 numbers (no +infinity)
//   ids       u32  [rows, k], k <= 256
//   logProbs  f32  [rows, k]
//
// One workgroup per row: a radix select. The sort word of a token has 64 bits, its order-preserving key above
// its inverted id, so that no two are equal and a tie is no special case. Up to eight passes over the row
// count its bytes, from the top, among the tokens that share the bytes fixed so far, and fix the byte where
// the k-th largest falls; most rows need only the first four. Then the k tokens are gathered in any order, and
// each finds its place by counting those before it.
struct Params {
  rows: u32,
  cols: u32,
  k: u32,
}

const invocations = 256u;
const groupSize = 16u;
const lowest = -3.40282346e38;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<u32>;
@group(0) @binding(2) var<storage, read_write> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> logProbs: array<f32>;

struct Choice {
  byte: u32,
  wanted: u32, // how many of the tokens with this byte belong to the k
  found: u32, // how many have it
}

var<workgroup> bins: array<atomic<u32>, invocations>;
var<workgroup> grouped: array<u32, groupSize>;
var<workgroup> choice: Choice;
var<workgroup> gathered: atomic<u32>;
var<workgroup> keys: array<u32, invocations>;
var<workgroup> tokens: array<u32, invocations>;
var<workgroup> sums: array<f32, invocations>;

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

// Run by one invocation: the byte at which `wanted` tokens are counted from the top.
fn choose(wanted: u32) -> Choice {
  var left = wanted;
  var at = groupSize - 1;
  while (at > 0 && left > grouped[at]) {
    left -= grouped[at];
    at--;
  }
  var byte = at * groupSize + groupSize - 1;
  while (byte > 0 && left > atomicLoad(&bins[byte])) {
    left -= atomicLoad(&bins[byte]);
    byte--;
  }
  return Choice(byte, left, atomicLoad(&bins[byte]));
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
  let taken = min(params.k, params.cols);

  // x: key, y: inverted id.
  var fixed = vec2u();
  var mask = vec2u();
  var wanted = taken;
  for (var level = 0u; level < 8; level++) {
    let shift = 24 - 8 * (level & 3);
    let inId = level >= 4;
    atomicStore(&bins[local], 0);
    workgroupBarrier();
    for (var id = local; id < params.cols; id += invocations) {
      let word = vec2u(keyOf(logits[start + id]), ~id);
      if (all((word & mask) == fixed)) {
        atomicAdd(&bins[(select(word.x, word.y, inId) >> shift) & 0xff], 1);
      }
    }
    workgroupBarrier();
    if (local < groupSize) {
      var count = 0u;
      for (var n = 0u; n < groupSize; n++) {
        count += atomicLoad(&bins[local * groupSize + n]);
      }
      grouped[local] = count;
    }
    workgroupBarrier();
    if (local == 0) {
      choice = choose(wanted);
    }
    let chosen = workgroupUniformLoad(&choice);
    fixed |= select(vec2u(chosen.byte << shift, 0), vec2u(0, chosen.byte << shift), inId);
    mask |= select(vec2u(0xffu << shift, 0), vec2u(0, 0xffu << shift), inId);
    wanted = chosen.wanted;
    if (wanted == chosen.found) {
      break;
    }
  }

  for (var id = local; id < params.cols; id += invocations) {
    let word = vec2u(keyOf(logits[start + id]), ~id);
    let fits = word & mask;
    if (fits.x > fixed.x || (fits.x == fixed.x && fits.y >= fixed.y)) {
      let at = atomicAdd(&gathered, 1);
      keys[at] = word.x;
      tokens[at] = id;
    }
  }
  workgroupBarrier();
  var highestKey = 0u;
  for (var n = 0u; n < taken; n++) {
    highestKey = max(highestKey, keys[n]);
  }
  let highest = valueOf(highestKey);

  var sum = 0.0;
  for (var id = local; id < params.cols; id += invocations) {
    let key = keyOf(logits[start + id]);
    if (key > 0) {
      sum += exp(valueOf(key) - highest);
    }
  }
  sums[local] = sum;
  for (var half = invocations / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) {
      sums[local] += sums[local + half];
    }
  }
  workgroupBarrier();

  if (local < taken) {
    let key = keys[local];
    let token = tokens[local];
    var place = 0u;
    for (var n = 0u; n < taken; n++) {
      place += select(0u, 1u, keys[n] > key || (keys[n] == key && tokens[n] < token));
    }
    var logProb = lowest;
    if (key > 0) {
      logProb = max(lowest, (valueOf(key) - highest) - log(sums[0]));
    }
    ids[row * params.k + place] = token;
    logProbs[row * params.k + place] = logProb;
  } else if (local < params.k) {
    ids[row * params.k + local] = 0xffffffff;
    logProbs[row * params.k + local] = lowest;
  }
}
