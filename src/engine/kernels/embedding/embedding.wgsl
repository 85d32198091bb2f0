// Rows of a table by index.
//
//   y[r, c] = w[ids[r], c]
//
//   ids  u32  [rows];  y  f32  [rows, cols]
//   w    [tableRows, cols], stored as the file of `weights/` says
//
// `w` holds rows firstRow … firstRow + tableRows of a larger table, which one binding may not hold: the
// chunks run in order, the first writes zeros for ids it lacks, the later ones leave them alone.
// One invocation per element of y.
struct Params {
  rows: u32,
  cols: u32,
  firstRow: u32,
  tableRows: u32,
}

override workgroupSize: u32 = 256;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

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
  let c = i % params.cols;
  // Below firstRow the difference wraps around to a large number, which is out of range as well.
  let tableRow = ids[i / params.cols] - params.firstRow;
  if (tableRow < params.tableRows) {
    y[i] = weight(tableRow, c, params.cols);
  } else if (params.firstRow == 0u) {
    y[i] = 0.0;
  }
}
