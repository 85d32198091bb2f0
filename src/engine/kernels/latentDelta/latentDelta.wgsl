// By how much changes of latents move a code: what a decoder adds to a row so that its latents are as asked.
//
//   for change j of row r, (latent i, op) = changes[spans[r].first + j], a = amounts[spans[r].first + j]:
//   z  = value of latent i in row r, 0 if it is in no slot
//   z' = 0 (op 0: ablate) | a (1: clamp) | z * a (2: scale) | z + a (3: add)
//   outIds[r, j] = i,  outValues[r, j] = (z' - z) * scale_r;  slots behind the row's changes are empty
//
//   ids       u32  [rows, width], z  f32  [rows, zStride]: slots where width > 0, else z holds every latent
//   spans     u32  [rows, 2]: first change, how many;  changes  u32  [n, 2];  amounts  f32  [n]
//   moments   f32  [rows, 2]: scale_r = moments[r, 1] where hasMoments, else `scale`: back to the input's units
//   outIds    u32  [rows, outWidth], outValues  f32  [rows, outWidth]
//
// One invocation per slot of the output.
struct Params {
  rows: u32,
  width: u32,
  zStride: u32,
  outWidth: u32,
  hasMoments: u32,
  scale: f32,
}

override workgroupSize: u32 = 64;
const none = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> z: array<f32>;
@group(0) @binding(3) var<storage, read> spans: array<vec2u>;
@group(0) @binding(4) var<storage, read> changes: array<vec2u>;
@group(0) @binding(5) var<storage, read> amounts: array<f32>;
@group(0) @binding(6) var<storage, read> moments: array<f32>;
@group(0) @binding(7) var<storage, read_write> outIds: array<u32>;
@group(0) @binding(8) var<storage, read_write> outValues: array<f32>;

fn valueOf(row: u32, latent: u32) -> f32 {
  if (params.width == 0) {
    return z[row * params.zStride + latent];
  }
  for (var n = 0u; n < params.width; n++) {
    let id = ids[row * params.width + n];
    if (id == latent) {
      return z[row * params.zStride + n];
    }
    if (id == none) {
      break;
    }
  }
  return 0;
}

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let slot = (group.y * groups.x + group.x) * workgroupSize + local;
  if (slot >= params.rows * params.outWidth) {
    return;
  }
  let row = slot / params.outWidth;
  let j = slot % params.outWidth;
  let span = spans[row];
  if (j >= span.y) {
    outIds[slot] = none;
    outValues[slot] = 0;
    return;
  }
  let change = changes[span.x + j];
  let amount = amounts[span.x + j];
  let before = valueOf(row, change.x);
  var after = 0.0;
  switch change.y {
    case 1: { after = amount; }
    case 2: { after = before * amount; }
    case 3: { after = before + amount; }
    default: {}
  }
  outIds[slot] = change.x;
  outValues[slot] = (after - before) * select(params.scale, moments[2 * row + 1], params.hasMoments == 1);
}
