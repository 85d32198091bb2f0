/**
 * A step of learning of a TopK autoencoder (L3): gradients as dense products, as a framework without sparse kernels has them, ÷
 * ours, which touch active latents only. Both encode, choose the k largest, decode sparsely and move all parameters by AdamW.
 *
 *   npm run --silent headless -- --entry bench/saeStep.ts [--device cpu|webgpu] [--rounds 7] [--tokens 512]
 *
 * The dense side makes W_dec's and W_enc's gradients of whole [tokens, latents] matrices, and the codes' cotangents by a product with
 * all decoder rows.
 */
import { parseArgs } from "node:util";
import type { Device } from "../src/engine/device/device";
import { TensorMemory, type Tensor } from "../src/engine/device/tensor";
import { linearWeightsBackward } from "../src/engine/kernels/linearWeightsBackward/linearWeightsBackward";
import { multiply as multiplyKernel } from "../src/engine/kernels/binary/binary";
import { ADAM, adamStep, createParameter } from "../src/engine/optim/adamW";
import { scale } from "../src/engine/ops/elementwise";
import { linear } from "../src/engine/ops/linear";
import { columnSums } from "../src/engine/ops/rowSums";
import { aboveThresholds } from "../src/engine/ops/sae";
import { matrixOf } from "../src/engine/train/sae/asWeights";
import { LEARNER_KERNELS } from "../src/engine/train/sae/topKLearner";
import { codeAndError, topKStep, type TopKParameters } from "../src/engine/train/sae/topKStep";
import { noise } from "../src/random/noise";
import { openNodeDevice } from "./nodeDevice";
import { paired, pairedLine } from "./paired";

const [D_IN, LATENTS, K] = [512, 4096, 32];
const SETTINGS = {
  k: K,
  lossScale: 1,
  auxK: 64,
  auxWeight: 1 / 32,
  deadAfter: Infinity,
  clip: 1,
  adam: ADAM,
};
const HOW = { rate: 1e-4, gradientScale: 1 };

function parametersOn(memory: TensorMemory): TopKParameters {
  const rows = (seed: number) => noise(LATENTS * D_IN, seed, 1 / Math.sqrt(D_IN / 3));
  return {
    encoder: createParameter(memory, rows(1), [LATENTS, D_IN]),
    encoderBias: createParameter(memory, new Float32Array(LATENTS), [1, LATENTS]),
    decoder: createParameter(memory, rows(2), [LATENTS, D_IN], "unitRows"),
    decoderBias: createParameter(memory, new Float32Array(D_IN), [1, D_IN]),
  };
}

/** dYᵀ X, [cols, inner]. */
function weightGradient(memory: TensorMemory, dy: Tensor, x: Tensor): Tensor {
  const [rows = 0, cols = 0] = dy.shape;
  const inner = x.shape[1] ?? 0;
  const dw = memory.make([cols, inner], "dense gradient");
  memory.device.run(
    linearWeightsBackward,
    { dy: dy.buffer, x: x.buffer, dw: dw.buffer },
    { rows, inner, cols },
  );
  return dw;
}

async function denseStep(
  memory: TensorMemory,
  parameters: TopKParameters,
  x: Tensor,
  step: number,
): Promise<void> {
  memory.scope(() => {
    const { encoder, encoderBias, decoder, decoderBias } = parameters;
    const { input, error } = codeAndError(memory, parameters, { x, target: x }, K);
    const g = scale(memory, error, 2 / error.size);
    // A whole matrix of codes: which of its elements are 0 changes nothing for dense products.
    const zeros = memory.from(new Float32Array(LATENTS), [LATENTS], "thresholds");
    const z = aboveThresholds(memory, linear(memory, input, matrixOf(encoder)), zeros);
    const d = linear(memory, g, matrixOf(decoder));
    const dPre = memory.make(d.shape, "dense cotangent");
    memory.device.run(multiplyKernel, { a: d.buffer, b: z.buffer, y: dPre.buffer }, { count: d.size });
    const gradients = [
      [decoder, weightGradient(memory, z, g)],
      [encoder, weightGradient(memory, dPre, input)],
      [encoderBias, columnSums(memory, dPre)],
      [decoderBias, columnSums(memory, g)],
    ] as const;
    for (const [parameter, gradient] of gradients)
      adamStep(memory, parameter, gradient, { step, ...HOW }, ADAM);
  });
  // Both sides wait for the device.
  await memory.device.read([{ buffer: parameters.decoderBias.value.buffer, offsetBytes: 0, sizeBytes: 4 }]);
}

async function measure(device: Device, tokens: number, rounds: number): Promise<void> {
  await device.prepare([...LEARNER_KERNELS, linearWeightsBackward as never]);
  const memory = new TensorMemory(device);
  const [dense, ours] = [parametersOn(memory), parametersOn(memory)];
  const x = memory.keep(memory.from(noise(tokens * D_IN, 5), [tokens, D_IN], "x"));
  const silent = new Float64Array(LATENTS);
  let [denseSteps, steps] = [0, 0];
  const result = await paired(
    () => denseStep(memory, dense, x, ++denseSteps),
    async () =>
      void (await topKStep(
        memory,
        ours,
        { x, target: x },
        { step: ++steps, rate: HOW.rate },
        silent,
        SETTINGS,
      )),
    rounds,
  );
  console.log(
    `${pairedLine(`L3 ${D_IN} → ${LATENTS}, k ${K}, ${tokens} tokens`, ["dense gradients", "ours"], result)}, ${device.label}`,
  );
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      device: { type: "string", default: "cpu" },
      rounds: { type: "string", default: "7" },
      tokens: { type: "string", default: "512" },
    },
  });
  const device = await openNodeDevice(values.device);
  await measure(device, Number(values.tokens), Number(values.rounds));
  device.destroy();
}
