// What one step of AdamW makes of element i, given its gradient; its moments are moved on the way.
// A part of modules that have `w`, `m` and `v` and the parameters of adam.wgsl.
fn adamMoved(i: u32, gradient: f32) -> f32 {
  let mean = params.beta1 * m[i] + (1.0 - params.beta1) * gradient;
  let square = params.beta2 * v[i] + (1.0 - params.beta2) * gradient * gradient;
  m[i] = mean;
  v[i] = square;
  let direction = mean / params.correction1 / (sqrt(square / params.correction2) + params.eps);
  return w[i] - params.rate * (params.decay * w[i] + direction);
}
