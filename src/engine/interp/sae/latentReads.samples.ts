/** Latents that are read for judging, against the plain arithmetic, in every variant; on either device. */
import { expect, it } from "vitest";
import type { Device } from "../../device/device";
import { noise } from "../../../random/noise";
import { slowPass } from "../../ops/sae.samples";
import { NO_LATENT } from "../../../protocol/sae/features";
import { evaluatedSae } from "./evaluatedSae.samples";
import { readCodes, decoderRows, emptyOutput, latentValues, outputScale } from "./latentReads";

const ROWS = 9;
const x = noise(ROWS * 8, 3, 2);
const rowOf = (row: number) => [...x.subarray(row * 8, (row + 1) * 8)];

const VARIANTS = [
  ["topk", { scheme: "none" }],
  ["topk", { scheme: "layerNorm", eps: 1e-5 }],
  ["relu", { scheme: "rescale", factor: 2 }],
  ["jumprelu", { scheme: "none" }],
  ["batchtopk", { scheme: "unitMeanSquare" }],
  ["gated", { scheme: "none" }],
] as const;

export function latentReadTests(device: () => Device): void {
  it.each(VARIANTS)("%s, %j: values, codes and what is written", async (activation, input) => {
    const { model, sae, plain } = await evaluatedSae(activation, input, undefined, device());
    const expected = Array.from({ length: ROWS }, (_, row) => slowPass(plain, rowOf(row)));
    for (const latent of [0, 16, 17, 39]) {
      const values = await latentValues(model, sae, x, latent);
      values.forEach((value, row) => expect(value).toBeCloseTo(expected[row]!.latents[latent]!, 4));
    }
    const { ids, values, width } = await readCodes(model, sae, x);
    const rows = expected.map(({ latents }, row) => {
      const dense = new Array<number>(latents.length).fill(0);
      for (let slot = row * width; slot < (row + 1) * width; slot++) {
        if (ids[slot] !== NO_LATENT) dense[ids[slot]!] = values[slot]!;
      }
      latents.forEach((value, latent) => expect(dense[latent]).toBeCloseTo(value, 4));
      return dense;
    });

    const decoder = await decoderRows(model, sae, Uint32Array.of(3, 20));
    expect([...decoder]).toEqual([...plain.decoder.subarray(24, 32), ...plain.decoder.subarray(160, 168)]);
    const empty = await emptyOutput(model, sae, x);
    for (const [row, dense] of rows.entries()) {
      const scale = outputScale(input, x.subarray(row * 8, (row + 1) * 8));
      expected[row]!.y.forEach((value, c) => {
        const sum = dense.reduce((total, z, latent) => total + z * plain.decoder[latent * 8 + c]!, 0);
        expect(empty[row * 8 + c]! + scale * sum).toBeCloseTo(value, 3);
      });
    }
  });
}
