// Pullback of `chooseRows` to one of its two inputs: the rows that came from it, and zeros elsewhere.
//
//   dx[n, c] = dy[n, c] where (spans[r].count > 0) is what `changed` says, else 0;   r = n mod own
//
//   dy, dx  f32  [rows, cols]: cotangents of `own` rows, for several scalars one after the other
//   spans   u32  [own, 2]: first entry, how many
//
// One invocation per element.
struct Params {
  rows: u32,
  own: u32,
  cols: u32,
  changed: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i < params.rows * params.cols) {
    let isChanged = spans[2u * (i / params.cols % params.own) + 1u] > 0u;
    dx[i] = select(0.0, dy[i], isChanged == (params.changed != 0u));
  }
}
