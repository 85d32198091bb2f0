// A matrix as some columns of a wider one, with zeros around it: pullback of taking those columns.
//
//   dx[r, c] = dy[r, c - offset] where offset <= c < offset + width, and 0 elsewhere
//
//   dy  f32  [rows, width];  dx  f32  [rows, cols]
//
// One invocation per element of dx.
struct Params {
  rows: u32,
  width: u32,
  cols: u32,
  offset: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

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
  // Columns before the offset wrap around to a large number.
  let column = i % params.cols - params.offset;
  var value = 0.0;
  if (column < params.width) {
    value = dy[i / params.cols * params.width + column];
  }
  dx[i] = value;
}
