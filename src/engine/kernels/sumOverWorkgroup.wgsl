// The sum over a workgroup, joined by a tree in workgroup memory: for kernels of one workgroup a row.
// A part of their modules; `workgroupSize` is theirs. Every invocation calls it, and every one gets the sum.
var<workgroup> partial: array<f32, workgroupSize>;

fn sumOverWorkgroup(own: f32, local: u32) -> f32 {
  workgroupBarrier();
  partial[local] = own;
  workgroupBarrier();
  for (var half = workgroupSize / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      partial[local] += partial[local + half];
    }
    workgroupBarrier();
  }
  return partial[0];
}
