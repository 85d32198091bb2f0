// Changes chosen elements of a matrix, row by row: what every intervention on an activation comes down to.
//
//   y = x;  then for each entry e of the row, in order, at its columns:
//   y[r, c] = keep_e * y[r, c] + values[offset_e + c - start_e]
//
//   x, y     f32  [rows, cols]
//   spans    u32  [rows, 2] = first entry, how many
//   entries  u32  [n, 3] = start (counted from params.offset), width, offset into values or `none`
//   keeps    f32  [n]; 0 drops what was there, also what is not finite
//   values   f32
//
// One invocation per element; it walks the entries of its row. Entries are few: rows that are left alone have none.
struct Params {
  rows: u32,
  cols: u32,
  offset: u32,
}

override workgroupSize: u32 = 256;
const none = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<u32>;
@group(0) @binding(3) var<storage, read> entries: array<u32>;
@group(0) @binding(4) var<storage, read> keeps: array<f32>;
@group(0) @binding(5) var<storage, read> values: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i >= params.rows * params.cols) {
    return;
  }
  let row = i / params.cols;
  let column = i % params.cols;
  var value = x[i];
  let first = spans[2 * row];
  let end = first + spans[2 * row + 1];
  for (var e = first; e < end; e++) {
    let start = params.offset + entries[3 * e];
    // Columns before the start wrap around to a large number.
    let at = column - start;
    if (at < entries[3 * e + 1]) {
      let keep = keeps[e];
      value = select(keep * value, 0.0, keep == 0.0);
      let offset = entries[3 * e + 2];
      if (offset != none) {
        value += values[offset + at];
      }
    }
  }
  y[i] = value;
}
