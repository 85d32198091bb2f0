// Where the slots of each latent begin: the sums of all counts before it.
//
//   firsts[l] = counts[0] + .. + counts[l - 1],   l = 0 .. latents
//
//   counts  u32  [latents];  firsts  u32  [latents + 1]
//
// One workgroup. Each invocation sums a stretch of latents, learns what stands before its stretch, and goes through it again.
struct Params {
  latents: u32,
}

const invocations = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> firsts: array<u32>;

var<workgroup> sums: array<u32, invocations>;

@compute @workgroup_size(invocations)
fn main(@builtin(local_invocation_index) local: u32) {
  let stretch = (params.latents + invocations - 1u) / invocations;
  let first = min(local * stretch, params.latents);
  let end = min(first + stretch, params.latents);
  var sum = 0u;
  for (var l = first; l < end; l++) {
    sum += counts[l];
  }
  sums[local] = sum;
  workgroupBarrier();
  var at = 0u;
  for (var n = 0u; n < local; n++) {
    at += sums[n];
  }
  for (var l = first; l < end; l++) {
    firsts[l] = at;
    at += counts[l];
  }
  if (local == invocations - 1u) {
    firsts[params.latents] = at;
  }
}
