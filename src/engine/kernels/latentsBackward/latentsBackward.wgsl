// Pullback of changes of latents, as far as the encoder: what each latent's pre-activation is worth.
//
//   d[n, l] = g[n, l] * keep(r, l) * slope(r, l),   r = n mod own
//
//   keep   how z' - z moves with z: -1 where the latent is ablated (op 0) or clamped (1), amount - 1 where it is scaled (2), 0
//          where something is added (3) or nothing is changed; with the error term dropped one more, and 0 in rows that have
//          no change at all
//   slope  gain[l] where the latent is active, 0 where it is not: thresholds and the choice of the k largest have none
//
//   g        f32  [rows, latents]: the cotangent of the output along each latent's decoder row, for several scalars one
//                 after the other
//   ids      u32  [own, width], z  f32  [own, zStride]: slots where width > 0 (0xffffffff = empty, behind it only such), else
//                 z holds every latent
//   spans    u32  [own, 2]: first change, how many;  changes  u32  [n, 2] = latent, op;  amounts  f32  [n]
//   gain     f32  [latents], not read where hasGain is 0
//   d        f32  [rows, latents]
//
// One invocation per element.
struct Params {
  rows: u32,
  own: u32,
  latents: u32,
  width: u32,
  zStride: u32,
  dropped: u32,
  hasGain: u32,
}

override workgroupSize: u32 = 256;
const none = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> z: array<f32>;
@group(0) @binding(4) var<storage, read> spans: array<vec2u>;
@group(0) @binding(5) var<storage, read> changes: array<vec2u>;
@group(0) @binding(6) var<storage, read> amounts: array<f32>;
@group(0) @binding(7) var<storage, read> gain: array<f32>;
@group(0) @binding(8) var<storage, read_write> d: array<f32>;

fn valueOf(row: u32, latent: u32) -> f32 {
  if (params.width == 0u) {
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
  return 0.0;
}

fn keepOf(row: u32, latent: u32) -> f32 {
  let span = spans[row];
  var keep = select(0.0, 1.0, params.dropped != 0u && span.y > 0u);
  for (var j = span.x; j < span.x + span.y; j++) {
    let change = changes[j];
    if (change.x == latent) {
      if (change.y < 2u) {
        keep -= 1.0;
      } else if (change.y == 2u) {
        keep += amounts[j] - 1.0;
      }
    }
  }
  return keep;
}

@compute @workgroup_size(workgroupSize)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * workgroupSize + local;
  if (i >= params.rows * params.latents) {
    return;
  }
  let latent = i % params.latents;
  let row = i / params.latents % params.own;
  var value = 0.0;
  let keep = keepOf(row, latent);
  if (keep != 0.0 && valueOf(row, latent) != 0.0) {
    value = g[i] * keep;
    if (params.hasGain != 0u) {
      value *= gain[latent];
    }
  }
  d[i] = value;
}
