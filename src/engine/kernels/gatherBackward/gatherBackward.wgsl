// Pullback of rows by index: each row of the table gets the sum of what its copies got, in order of copy.
//
//   dx[s, n, c] = sum over e from firsts[n] to firsts[n + 1] of dy[s, order[e], c]
//
//   dy      f32  [scalars, copies, cols]
//   order   u32  [copies]: the copies, sorted by the row that they are of
//   firsts  u32  [own + 1]: where the copies of each row begin
//   dx      f32  [rows, cols], rows = scalars * own
//
// One invocation per element: a segment sum in a fixed order, so no two write one place and nothing depends on chance.
struct Params {
  rows: u32,
  own: u32,
  copies: u32,
  cols: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> firsts: array<u32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

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
  let scalar = row / params.own;
  let end = firsts[row % params.own + 1u];
  var sum = 0.0;
  for (var e = firsts[row % params.own]; e < end; e++) {
    sum += dy[(scalar * params.copies + order[e]) * params.cols + column];
  }
  dx[i] = sum;
}
