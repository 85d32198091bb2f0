// Matrix product by tiles (formula and bindings in matmul.wgsl). A workgroup computes a tile of y; x and w pass through
// workgroup memory in steps of tileInner, and each invocation keeps its own outputs in registers. The sizes are those of
// the tile's file.
const threads = 256u;

// Stored by inner index, so that an invocation's values lie side by side.
var<workgroup> xTile: array<f32, tileInner * tileRows>;
var<workgroup> wTile: array<f32, tileInner * tileCols>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let firstRow = group.y * tileRows;
  let firstCol = group.x * tileCols;
  let row = (local / (tileCols / ownCols)) * ownRows;
  let col = (local % (tileCols / ownCols)) * ownCols;
  var sums: array<f32, ownRows * ownCols>;

  for (var start = 0u; start < params.inner; start += tileInner) {
    for (var n = local; n < tileInner * tileRows; n += threads) {
      let r = firstRow + n / tileInner;
      let k = start + n % tileInner;
      var value = 0.0;
      if (r < params.rows && k < params.inner) {
        value = x[r * params.inner + k];
      }
      xTile[(n % tileInner) * tileRows + n / tileInner] = value;
    }
    for (var n = local; n < tileInner * tileCols; n += threads) {
      let c = firstCol + n / tileInner;
      let k = start + n % tileInner;
      var value = 0.0;
      if (c < params.cols && k < params.inner) {
        value = weight(c, k, params.inner);
      }
      wTile[(n % tileInner) * tileCols + n / tileInner] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < tileInner; k++) {
      for (var i = 0u; i < ownRows; i++) {
        let value = xTile[k * tileRows + row + i];
        for (var j = 0u; j < ownCols; j++) {
          sums[i * ownCols + j] += value * wTile[k * tileCols + col + j];
        }
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < ownRows; i++) {
    for (var j = 0u; j < ownCols; j++) {
      store(firstRow + row + i, firstCol + col + j, sums[i * ownCols + j]);
    }
  }
}
