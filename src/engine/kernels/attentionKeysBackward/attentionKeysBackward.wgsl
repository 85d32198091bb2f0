// Pullback of attention to its keys, and to its values: what each token gets from every query that sees it.
//
//   dKeys[s, t, g, d] = factor * sum over (i, j) in the list of t, and over the heads h of g, of
//                       c[i, h, j] * x[i, h, d],   g = floor(h * kvHeads / heads)
//
//   to values: c = the pattern, x = the cotangent of z;  to keys: c = the cotangent of the scores, x = the queries
//
//   coefficients  f32  [cRows, heads, stride]: of `own` queries, or of those for each scalar (cRows = rows)
//   x             f32  xRows likewise; row i, head h starts at i * xStride + xOffset + h * dHead
//   seenBy        u32  [pairs, 2] = query, place in its list of keys; token after token, queries in order
//   firsts        u32  [own + 1]: where each token's pairs begin
//   dKeys         f32  [rows, kvHeads, dHead]: `own` tokens for each scalar
//
// One invocation per element: it walks the queries that see its token, always in the same order.
struct Params {
  rows: u32,
  own: u32,
  heads: u32,
  kvHeads: u32,
  dHead: u32,
  stride: u32,
  cRows: u32,
  xRows: u32,
  xStride: u32,
  xOffset: u32,
  factor: f32,
}

override workgroupSize: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> coefficients: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> seenBy: array<u32>;
@group(0) @binding(4) var<storage, read> firsts: array<u32>;
@group(0) @binding(5) var<storage, read_write> dKeys: array<f32>;

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let element = (group.y * groups.x + group.x) * workgroupSize + local;
  if (element >= params.rows * params.kvHeads * params.dHead) {
    return;
  }
  let d = element % params.dHead;
  let kvHead = element / params.dHead % params.kvHeads;
  let row = element / params.dHead / params.kvHeads;
  let token = row % params.own;
  let ofScalar = row - token;
  let firstHead = (kvHead * params.heads + params.kvHeads - 1u) / params.kvHeads;
  let endHead = ((kvHead + 1u) * params.heads + params.kvHeads - 1u) / params.kvHeads;
  let end = firsts[token + 1u];
  var sum = 0.0;
  for (var pair = firsts[token]; pair < end; pair++) {
    let query = ofScalar + seenBy[2u * pair];
    let key = seenBy[2u * pair + 1u];
    let cRow = query % params.cRows;
    let xStart = query % params.xRows * params.xStride + params.xOffset + d;
    for (var h = firstHead; h < endHead; h++) {
      sum += coefficients[(cRow * params.heads + h) * params.stride + key] * x[xStart + h * params.dHead];
    }
  }
  dKeys[element] = params.factor * sum;
}
