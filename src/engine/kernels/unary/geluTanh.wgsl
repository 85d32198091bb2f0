// GELU in its tanh form, GPT-2's `gelu_new`: 0.5 v (1 + tanh(sqrt(2 / pi) (v + 0.044715 v^3))).
// Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).
struct Params {
  count: u32,
}

fn apply(v: f32) -> f32 {
  // tanh saturates long before 10; past it some drivers' tanh overflows.
  let inner = clamp(0.7978845608028654 * (v + 0.044715 * v * v * v), -10.0, 10.0);
  return 0.5 * v * (1.0 + tanh(inner));
}
