// The k largest of each row, with their columns: exact, largest first. What a TopK autoencoder keeps.
//
//   ids[r, n], values[r, n] = column and value of the n-th largest; ties to the lowest column; -0 equals 0
//   never taken: NaN; with positiveOnly, what is not above 0. +infinity comes first, -infinity last
//   slots left over: id 0xffffffff, value 0
//
//   x          u32  [rows, cols], the bits of f32 numbers
//   sourceIds  u32  [rows, cols]: what stands for the column in `ids`, 0xffffffff = take never; read only if hasIds
//   ids        u32  slot (r, n) at r * outStride + outOffset + n;  k <= 512
//   values     u32  likewise, the bits of f32 numbers
//
// positiveOnly is ReLU after a selection on signed values: what the selection takes below 0 becomes an empty slot.
//
// One workgroup per row: a radix select on order-preserving keys, ten bits at a time, from the top. A pass over the
// row counts the digits of the elements that share the digits fixed so far, and fixes the digit where the k-th
// largest falls. As soon as few enough elements are left they move to workgroup memory, mostly after one pass: then
// the row is read twice. Elements that tie at the border are told apart by their column, in the same way. The k
// chosen find their places by counting those before them.
//
// `segments` > 1 cuts each row in as many parts, each with a workgroup and k slots of its own, one part after the
// other. A second run over those slots, with `ids` as its sourceIds, merges them exactly: slots of equal value are
// in the order of their columns.
struct Params {
  rows: u32,
  cols: u32,
  k: u32,
  segments: u32,
  positiveOnly: u32,
  hasIds: u32,
  outStride: u32,
  outOffset: u32,
}

const invocations = 256u;
const binCount = 1024u;
const groupCount = 32u;
// At least the largest k.
const listSize = 768u;
const none = 0xffffffffu;
const zeroKey = 0x80000000u;
// Of the key's levels, then of the inverted column's.
const keyLevels = 4u;
const shifts = array<u32, 7>(22, 12, 2, 0, 20, 10, 0);

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> sourceIds: array<u32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> values: array<u32>;

struct Choice {
  digit: u32,
  wanted: u32, // how many of the elements with this digit belong to the k
  found: u32, // how many have it
  total: u32, // how many were counted
}

var<workgroup> bins: array<atomic<u32>, binCount>;
var<workgroup> grouped: array<u32, groupCount>;
var<workgroup> choice: Choice;
// Elements are words: their key, and their column counted from the end.
var<workgroup> list: array<vec2u, listSize>;
var<workgroup> listed: atomic<u32>;

// Larger for larger floats; 0 for NaN, less than the key of any number.
fn keyOf(bits: u32) -> u32 {
  if ((bits & 0x7fffffff) > 0x7f800000) {
    return 0;
  }
  if (bits == 0x80000000) {
    return zeroKey;
  }
  return select(bits | 0x80000000, ~bits, (bits >> 31) == 1);
}

fn bitsOf(key: u32) -> u32 {
  return select(~key, key & 0x7fffffff, (key >> 31) == 1);
}

// Key 0: not to be taken.
fn wordAt(start: u32, i: u32, count: u32) -> vec2u {
  var key = keyOf(x[start + i]);
  if (params.positiveOnly != 0 && key <= zeroKey) {
    key = 0;
  }
  if (params.hasIds != 0 && sourceIds[start + i] == none) {
    key = 0;
  }
  return vec2u(key, count - 1 - i);
}

fn isAbove(word: vec2u, border: vec2u) -> bool {
  return word.x > border.x || (word.x == border.x && word.y >= border.y);
}

// Run by one invocation: the digit at which `wanted` elements are counted from the top.
fn choose(wanted: u32) -> Choice {
  var total = 0u;
  for (var n = 0u; n < groupCount; n++) {
    total += grouped[n];
  }
  var left = wanted;
  var at = groupCount - 1;
  while (at > 0 && left > grouped[at]) {
    left -= grouped[at];
    at--;
  }
  var digit = at * groupCount + groupCount - 1;
  while (digit > 0 && left > atomicLoad(&bins[digit])) {
    left -= atomicLoad(&bins[digit]);
    digit--;
  }
  return Choice(digit, left, atomicLoad(&bins[digit]), total);
}

@compute @workgroup_size(invocations)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let task = group.y * groups.x + group.x;
  if (task >= params.rows * params.segments) {
    return;
  }
  let row = task / params.segments;
  let segment = task % params.segments;
  let span = (params.cols + params.segments - 1) / params.segments;
  let first = min(segment * span, params.cols);
  let count = min(span, params.cols - first);
  let start = row * params.cols + first;

  // x: key, y: inverted column. All elements whose masked word is not below `border` belong to the k, in the end.
  var border = vec2u();
  var mask = vec2u();
  var wanted = params.k;
  var taken = params.k;
  var inList = false;
  var size = count;
  for (var level = 0u; level < 7; level++) {
    if ((level == 4 && count <= 0x100000) || (level == 5 && count <= 0x400)) {
      continue;
    }
    let shift = shifts[level];
    let inKey = level < keyLevels;
    for (var n = local; n < binCount; n += invocations) {
      atomicStore(&bins[n], 0);
    }
    workgroupBarrier();
    for (var i = local; i < size; i += invocations) {
      var word: vec2u;
      if (inList) {
        word = list[i];
      } else {
        word = wordAt(start, i, count);
      }
      if (word.x > 0 && all((word & mask) == border)) {
        atomicAdd(&bins[(select(word.y, word.x, inKey) >> shift) & 0x3ff], 1);
      }
    }
    workgroupBarrier();
    if (local < groupCount) {
      var sum = 0u;
      for (var n = 0u; n < groupCount; n++) {
        sum += atomicLoad(&bins[local * groupCount + n]);
      }
      grouped[local] = sum;
    }
    workgroupBarrier();
    if (local == 0) {
      choice = choose(wanted);
    }
    let found = workgroupUniformLoad(&choice);
    if (level == 0 && found.total <= wanted) {
      taken = found.total;
      break;
    }
    border |= select(vec2u(0, found.digit << shift), vec2u(found.digit << shift, 0), inKey);
    mask |= select(vec2u(0, 0x3ffu << shift), vec2u(0x3ffu << shift, 0), inKey);
    wanted = found.wanted;
    if (wanted == found.found) {
      break;
    }
    // Those above the border, and those at it.
    let left = params.k - wanted + found.found;
    if (!inList && left <= listSize) {
      for (var i = local; i < count; i += invocations) {
        let word = wordAt(start, i, count);
        if (isAbove(word & mask, border)) {
          list[atomicAdd(&listed, 1)] = word;
        }
      }
      workgroupBarrier();
      inList = true;
      size = left;
    }
  }

  if (!inList) {
    for (var i = local; i < count; i += invocations) {
      let word = wordAt(start, i, count);
      if (word.x > 0 && isAbove(word & mask, border)) {
        list[atomicAdd(&listed, 1)] = word;
      }
    }
    workgroupBarrier();
    size = taken;
  }
  let out = row * params.outStride + params.outOffset + segment * params.k;
  for (var n = local; n < size; n += invocations) {
    let own = list[n];
    if (isAbove(own & mask, border)) {
      // What is larger than one of the k is one of the k.
      var place = 0u;
      for (var other = 0u; other < size; other++) {
        let word = list[other];
        place += select(0u, 1u, word.x > own.x || (word.x == own.x && word.y > own.y));
      }
      let i = count - 1 - own.y;
      if (params.hasIds != 0) {
        ids[out + place] = sourceIds[start + i];
      } else {
        ids[out + place] = first + i;
      }
      values[out + place] = bitsOf(own.x);
    }
  }
  for (var n = taken + local; n < params.k; n += invocations) {
    ids[out + n] = none;
    values[out + n] = 0;
  }
}
