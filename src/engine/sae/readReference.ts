/**
 * An autoencoder's file as the reference wants it: whole, in memory. For tests, and for small ones; everything else reads
 * slices.
 */
import { VitrineError } from "../../protocol/errors";
import type { SaeFile, SaeMatrix, SaeTensors } from "../formats/sae/saeFile";
import type { ReferenceActivation, ReferenceSae } from "./reference";

/** Numbers in all matrices together. */
const MAX_NUMBERS = 1 << 26;

export async function readReference({
  description,
  tensors,
}: Pick<SaeFile, "description" | "tensors">): Promise<ReferenceSae> {
  const { dIn, dOut, nLatents, input, writes = [] } = description;
  const sites = Math.max(1, writes.length);
  if (nLatents * (dIn + sites * dOut) > MAX_NUMBERS) {
    throw new VitrineError(
      "OutOfMemory",
      `${description.name} has ${nLatents} latents of ${dIn} and ${sites * dOut}, too many to check in full; use a smaller one.`,
    );
  }
  const { encoderBias, inputBias, laterDecoder, skip } = tensors;
  return {
    ...{ dIn, dOut, nLatents, input },
    encoder: await readMatrix(tensors.encoder),
    ...(encoderBias ? { encoderBias: await encoderBias.read() } : {}),
    decoder: await readMatrix(tensors.decoder),
    ...(laterDecoder ? { laterDecoder: await readMatrix(laterDecoder) } : {}),
    decoderBias: await tensors.decoderBias.read(),
    ...(inputBias ? { inputBias: await inputBias.read() } : {}),
    ...(skip ? { skip: await readMatrix(skip) } : {}),
    activation: await readActivation(description, tensors),
  };
}

async function readActivation(
  { name, activation, k }: SaeFile["description"],
  { threshold, gate }: SaeTensors,
): Promise<ReferenceActivation> {
  if (activation === "relu") return { kind: activation };
  if (activation === "topk" && k !== undefined) return { kind: activation, k };
  if (activation === "gated" && gate) {
    const [gateBias, magnitudeScale, magnitudeBias] = await Promise.all([
      gate.gateBias.read(),
      gate.magnitudeScale.read(),
      gate.magnitudeBias.read(),
    ]);
    return { kind: activation, gateBias, magnitudeScale, magnitudeBias };
  }
  if ((activation === "jumprelu" || activation === "batchtopk") && threshold)
    return { kind: activation, threshold: await threshold.read() };
  throw new Error(`${name}: ${activation} without what it needs`);
}

async function readMatrix(matrix: SaeMatrix): Promise<Float32Array> {
  const [rows, cols] = matrix.shape;
  const values = new Float32Array(rows * cols);
  for await (const { firstRow, data } of matrix.rows()) values.set(data, firstRow * cols);
  return values;
}
