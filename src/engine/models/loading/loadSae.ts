/**
 * Puts an autoencoder's weights on a device, slice by slice. Files of halves stay halves, everything else becomes f32;
 * thresholds and biases are f32 always.
 */
import type { Progress } from "../../../protocol/progress";
import type { Pauser } from "../../../protocol/cancel";
import type { Device } from "../../device/device";
import { packHalves } from "../../formats/bytes/halves";
import type { SaeFile, SaeMatrix, SaeVector } from "../../formats/sae/saeFile";
import { saeKernels, type SaeActivationWeights, type SaeWeights } from "../../ops/saeWeights";
import { allocateMatrix, wordsPerRow, writeMatrixRows, type Matrix, type Vector } from "../../ops/weights";

const precisionOf = ({ dtype }: SaeMatrix) => (dtype === "F16" ? "f16" : "f32");

/** Bytes on the device; vectors are small beside the matrices. */
export function saeBytes({ tensors }: Pick<SaeFile, "tensors">): number {
  const { encoder, decoder, laterDecoder, skip } = tensors;
  return [encoder, decoder, laterDecoder, skip]
    .filter((matrix) => matrix !== undefined)
    .reduce(
      (sum, matrix) => sum + matrix.shape[0] * wordsPerRow(matrix.shape[1], precisionOf(matrix)) * 4,
      0,
    );
}

export async function loadSae(
  device: Device,
  file: SaeFile,
  pauser: Pauser,
  onProgress?: (progress: Progress) => void,
): Promise<SaeWeights> {
  const { tensors, description } = file;
  const total = saeBytes(file);
  let done = 0;
  const made: (Matrix | Vector)[] = [];
  const compiling = device.prepare(saeKernels(precisionOf(tensors.encoder)));
  compiling.catch(() => undefined);

  async function matrix(source: SaeMatrix, name: string): Promise<Matrix> {
    const precision = precisionOf(source);
    const result = allocateMatrix(device, name, source.shape, precision);
    made.push(result);
    let row = 0;
    for await (const { data, rows } of source.rows()) {
      onProgress?.({ done, total, note: `reading ${name} of ${description.name}` });
      await pauser.pause();
      const words = precision === "f16" ? packHalves(data, rows, source.shape[1]).words : data;
      writeMatrixRows(device, result, row, words);
      row += rows;
      done += words.byteLength;
    }
    return result;
  }
  async function vector(source: SaeVector, name: string): Promise<Vector> {
    const data = await source.read();
    const buffer = device.allocate(data.byteLength, name);
    device.write(buffer, data);
    const result = { buffer, size: data.length };
    made.push(result);
    return result;
  }

  try {
    const { encoderBias, inputBias, laterDecoder, skip } = tensors;
    const weights: SaeWeights = {
      encoder: await matrix(tensors.encoder, "encoder"),
      ...(encoderBias && { encoderBias: await vector(encoderBias, "encoder bias") }),
      decoder: await matrix(tensors.decoder, "decoder"),
      ...(laterDecoder && { laterDecoder: await matrix(laterDecoder, "decoder of later layers") }),
      decoderBias: await vector(tensors.decoderBias, "decoder bias"),
      ...(inputBias && { inputBias: await vector(inputBias, "input bias") }),
      ...(skip && { skip: await matrix(skip, "skip") }),
      input: description.input,
      activation: await activationOf(file, vector),
    };
    await compiling;
    return weights;
  } catch (error) {
    const buffers = made.flatMap((part) =>
      "chunks" in part ? part.chunks.map(({ buffer }) => buffer) : [part.buffer],
    );
    buffers.forEach((buffer) => device.free(buffer));
    throw error;
  }
}

async function activationOf(
  { tensors, description }: SaeFile,
  vector: (source: SaeVector, name: string) => Promise<Vector>,
): Promise<SaeActivationWeights> {
  const { activation, k } = description;
  const { threshold, gate } = tensors;
  switch (activation) {
    case "relu":
      return { kind: "relu" };
    case "topk":
      if (k === undefined) throw new Error("a TopK autoencoder was read without its k");
      return { kind: "topk", k };
    case "jumprelu":
    case "batchtopk":
      if (!threshold) throw new Error(`a ${activation} autoencoder was read without its threshold`);
      return { kind: activation, threshold: await vector(threshold, "threshold") };
    case "gated":
      if (!gate) throw new Error("a gated autoencoder was read without its gate");
      return {
        kind: "gated",
        gateBias: await vector(gate.gateBias, "gate bias"),
        magnitudeScale: await vector(gate.magnitudeScale, "magnitude scale"),
        magnitudeBias: await vector(gate.magnitudeBias, "magnitude bias"),
      };
  }
}
