/**
 * Tensors that follow from those of the file: rows times a factor, exponentials, and latents in units of their decoder
 * rows. All are computed slice by slice while they are read.
 */
import type { SaeMatrix, SaeTensors, SaeVector } from "./saeFile";

type Factors = () => Promise<ArrayLike<number>>;

export const zeros = (size: number): SaeVector => ({ size, read: async () => new Float32Array(size) });

export function mapVector(vector: SaeVector, change: (value: number) => number): SaeVector {
  return { size: vector.size, read: async () => (await vector.read()).map(change) };
}

function timesVector(vector: SaeVector, factors: Factors): SaeVector {
  return {
    size: vector.size,
    async read() {
      const [values, by] = [await vector.read(), await factors()];
      return values.map((value, i) => value * (by[i] ?? 1));
    },
  };
}

/** Row r times factor r. */
export function timesRows(matrix: SaeMatrix, factors: Factors): SaeMatrix {
  const [, cols] = matrix.shape;
  return {
    ...matrix,
    async *rows(sliceBytes) {
      const by = await factors();
      for await (const { firstRow, rows, data } of matrix.rows(sliceBytes)) {
        for (let i = 0; i < data.length; i++) {
          data[i] = (data[i] ?? 0) * (by[firstRow + Math.floor(i / cols)] ?? 1);
        }
        yield { firstRow, rows, data };
      }
    },
  };
}

/**
 * Latents times the norms of their decoder rows, and these rows of norm 1: the reconstruction is the same. So files are
 * understood that say the latents are rescaled, for TopK before it chooses. Every activation here commutes with a positive
 * factor of a, its biases and thresholds. `threshold`: "a" if it is compared with what the encoder gives, "latents" if with
 * what was rescaled.
 */
export function inDecoderNorms(tensors: SaeTensors, threshold: "a" | "latents" = "a"): SaeTensors {
  let found: Promise<Float64Array> | undefined;
  const norms = () => (found ??= rowNorms(tensors.decoder));
  // A latent without a decoder row says nothing; its row stays as it is.
  const inverse = async () => (await norms()).map((norm) => (norm === 0 ? 1 : 1 / norm));
  const { encoderBias, gate } = tensors;
  return {
    ...tensors,
    encoder: timesRows(tensors.encoder, norms),
    ...(encoderBias ? { encoderBias: timesVector(encoderBias, norms) } : {}),
    decoder: timesRows(tensors.decoder, inverse),
    ...(tensors.threshold && threshold === "a" ? { threshold: timesVector(tensors.threshold, norms) } : {}),
    ...(gate
      ? {
          gate: {
            gateBias: timesVector(gate.gateBias, norms),
            magnitudeScale: gate.magnitudeScale,
            magnitudeBias: timesVector(gate.magnitudeBias, norms),
          },
        }
      : {}),
  };
}

/** Columns from … to − 1. */
export function columnsOf(matrix: SaeMatrix, from: number, to: number): SaeMatrix {
  const [count, cols] = matrix.shape;
  const width = to - from;
  return {
    ...matrix,
    shape: [count, width],
    async *rows(sliceBytes) {
      for await (const { firstRow, rows, data } of matrix.rows(sliceBytes)) {
        const some = new Float32Array(rows * width);
        for (let row = 0; row < rows; row++)
          some.set(data.subarray(row * cols + from, row * cols + to), row * width);
        yield { firstRow, rows, data: some };
      }
    },
  };
}

/** Column c times factor c. */
export function timesColumns(matrix: SaeMatrix, factors: Factors): SaeMatrix {
  const [, cols] = matrix.shape;
  return {
    ...matrix,
    async *rows(sliceBytes) {
      const by = await factors();
      for await (const { firstRow, rows, data } of matrix.rows(sliceBytes)) {
        for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) * (by[i % cols] ?? 1);
        yield { firstRow, rows, data };
      }
    },
  };
}

/**
 * The same autoencoder of the activation itself, where it was trained on u = (x − mean) / deviation:
 *
 *   a = W (u − b_in) + b_enc  =  (W / s) (x − (m + s b_in)) + b_enc
 *   x̂ = s (z D + b_dec) + m   =  z (D s) + (s b_dec + m)
 *
 * s and m along the activation's axis, so W and D change column by column; a stays what it is, and with it every activation
 * function's choice of latents.
 */
export function ofCentred(
  tensors: SaeTensors,
  { mean, deviation }: { readonly mean?: SaeVector | undefined; readonly deviation?: SaeVector | undefined },
): SaeTensors {
  const { decoderBias, inputBias } = tensors;
  const { size } = decoderBias;
  const scales = async () => (deviation ? deviation.read() : new Float32Array(size).fill(1));
  const inverse = async () => (await scales()).map((scale) => 1 / scale);
  const shifted = (vector: SaeVector | undefined): SaeVector => ({
    size,
    async read() {
      const [values, by] = [await (vector ?? zeros(size)).read(), await scales()];
      const means = await (mean ?? zeros(size)).read();
      return values.map((value, i) => value * (by[i] ?? 1) + (means[i] ?? 0));
    },
  });
  const output = shifted(decoderBias);
  return {
    ...tensors,
    ...(deviation
      ? { encoder: timesColumns(tensors.encoder, inverse), decoder: timesColumns(tensors.decoder, scales) }
      : {}),
    decoderBias: output,
    inputBias: inputBias === decoderBias ? output : shifted(inputBias),
  };
}

async function rowNorms(matrix: SaeMatrix): Promise<Float64Array> {
  const [rows, cols] = matrix.shape;
  const norms = new Float64Array(rows);
  for await (const { firstRow, data } of matrix.rows()) {
    for (let i = 0; i < data.length; i++) {
      const row = firstRow + Math.floor(i / cols);
      norms[row] = (norms[row] ?? 0) + (data[i] ?? 0) ** 2;
    }
  }
  return norms.map(Math.sqrt);
}
