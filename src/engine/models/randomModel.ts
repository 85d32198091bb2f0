/** A small GPT-2 with seeded random weights, for tests that need a model but not a particular one. */
import type { Device } from "../device/device";
import { noise } from "../../random/noise";
import { TensorMemory } from "../device/tensor";
import { gpt2 } from "./architectures/gpt2";
import { DeviceWeights, type Model } from "./model";
import type { Architecture } from "./architecture";

export function randomGpt2(
  device: Device,
  overrides: Readonly<Record<string, unknown>> = {},
  seed = 1,
): Model {
  const config = gpt2.parseConfig({
    n_layer: 2,
    n_head: 2,
    n_embd: 8,
    vocab_size: 13,
    n_positions: 64,
    ...overrides,
  });
  const weights = new DeviceWeights();
  for (const [index, { name, kind, shape, tiedTo }] of gpt2.weights(config).entries()) {
    if (tiedTo !== undefined) {
      weights.setMatrix(name, weights.matrix(tiedTo));
      continue;
    }
    const size = shape.reduce((product, n) => product * n, 1);
    // Norm gains near one, everything else large enough that attention is not uniform.
    const isGain = /ln_\w+\.weight$/.test(name);
    const data = noise(size, seed * 1000 + index, isGain ? 0.1 : 0.6).map((value) =>
      isGain ? 1 + value : value,
    );
    const buffer = device.allocate(size * 4, name);
    device.write(buffer, data);
    if (kind === "vector") weights.setVector(name, { buffer, size });
    else {
      const [rows = 0, cols = 0] = shape;
      weights.setMatrix(name, { shape: [rows, cols], dtype: "f32", chunks: [{ buffer, firstRow: 0, rows }] });
    }
  }
  const memory = new TensorMemory(device);
  return { architecture: gpt2 as unknown as Architecture, config, weights, memory, saes: new Map() };
}
