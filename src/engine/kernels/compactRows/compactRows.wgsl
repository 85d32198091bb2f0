// Lists what is not zero in each row: the sparse code of latents that are computed densely.
//
//   ids[r, n], values[r, n] = column and value of the n-th column that is not 0 (NaN is not), in order of columns
//   counts[r] = how many there are; those past `width` are left out; slots left over: id 0xffffffff, value 0
//
//   x  f32  [rows, cols];  ids  u32  [rows, width];  values  f32  [rows, width];  counts  u32  [rows]
//
// One workgroup per row, a block of 2,048 columns at a time: each invocation marks which of its eight columns it
// has to store, then counts those before it: in its group of sixteen invocations, and in the groups before.
struct Params {
  rows: u32,
  cols: u32,
  width: u32,
}

const invocations = 256u;
const groupSize = 16u;
const ownCols = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> values: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;

var<workgroup> marked: array<u32, invocations>;
var<workgroup> grouped: array<u32, groupSize>;

// Bits of an f32 that is neither a zero nor NaN.
fn isActive(bits: u32) -> bool {
  let magnitude = bits & 0x7fffffff;
  return magnitude != 0 && magnitude <= 0x7f800000;
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
  let out = row * params.width;
  // Those of the blocks before; the same in every invocation.
  var before = 0u;
  for (var first = 0u; first < params.cols; first += invocations * ownCols) {
    let own = first + local * ownCols;
    var marks = 0u;
    for (var n = 0u; n < ownCols; n++) {
      if (own + n < params.cols && isActive(x[start + own + n])) {
        marks |= 1u << n;
      }
    }
    marked[local] = countOneBits(marks);
    workgroupBarrier();
    if (local < groupSize) {
      var sum = 0u;
      for (var n = 0u; n < groupSize; n++) {
        sum += marked[local * groupSize + n];
      }
      grouped[local] = sum;
    }
    workgroupBarrier();
    let ownGroup = local / groupSize;
    var at = before;
    for (var n = 0u; n < groupSize; n++) {
      at += select(0u, grouped[n], n < ownGroup);
      before += grouped[n];
    }
    for (var n = ownGroup * groupSize; n < local; n++) {
      at += marked[n];
    }
    for (var n = 0u; n < ownCols; n++) {
      if ((marks & (1u << n)) != 0) {
        if (at < params.width) {
          ids[out + at] = own + n;
          values[out + at] = x[start + own + n];
        }
        at++;
      }
    }
    workgroupBarrier();
  }
  for (var n = before + local; n < params.width; n += invocations) {
    ids[out + n] = 0xffffffff;
    values[out + n] = 0;
  }
  if (local == 0) {
    counts[row] = before;
  }
}
