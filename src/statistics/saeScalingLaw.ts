/**
 * How far TopK autoencoders of GPT-4's activations get, by size (Gao et al. 2024, "Scaling and evaluating sparse
 * autoencoders", arXiv 2406.04093):
 *
 *   L(n, k) = exp(α + β_k ln k + β_n ln n + γ ln k ln n) + exp(ζ + η ln k)
 *
 * L is the normalised mean squared error, n the number of latents, k how many are active. Fitted to GPT-4: for other models
 * it is a shape to compare with, not a prediction.
 */
const LAW = { alpha: -0.5, betaK: 0.26, betaN: -0.017, gamma: -0.042, zeta: -1.32, eta: -0.085 };

export function saeScalingLaw(n: number, k: number): number {
  const [lnN, lnK] = [Math.log(n), Math.log(k)];
  const { alpha, betaK, betaN, gamma, zeta, eta } = LAW;
  return Math.exp(alpha + betaK * lnK + betaN * lnN + gamma * lnK * lnN) + Math.exp(zeta + eta * lnK);
}
