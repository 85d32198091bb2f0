// Pullback of `editRows`: what an intervention keeps of an element, it keeps of its cotangent.
//
//   dx = dy;  then for each entry e of the row at its columns:  dx[n, c] = keep_e * dx[n, c];  the row is n mod own
//
//   dy, dx   f32  [rows, cols]: cotangents of `own` rows, for several scalars one after the other
//   spans    u32  [own, 2] = first entry, how many
//   entries  u32  [n, 3] = start (counted from params.offset), width, offset into values (not read)
//   keeps    f32  [n]; 0 drops what was there, also what is not finite
//
// One invocation per element; it walks the entries of its row.
struct Params {
  rows: u32,
  own: u32,
  cols: u32,
  offset: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<u32>;
@group(0) @binding(3) var<storage, read> entries: array<u32>;
@group(0) @binding(4) var<storage, read> keeps: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;

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
  let row = i / params.cols % params.own;
  let column = i % params.cols;
  var value = dy[i];
  let first = spans[2 * row];
  let end = first + spans[2 * row + 1];
  for (var e = first; e < end; e++) {
    // Columns before the start wrap around to a large number.
    if (column - (params.offset + entries[3 * e]) < entries[3 * e + 1]) {
      let keep = keeps[e];
      value = select(keep * value, 0.0, keep == 0.0);
    }
  }
  dx[i] = value;
}
