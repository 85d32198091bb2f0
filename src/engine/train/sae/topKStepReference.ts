/**
 * The slow version of a step of learning (topKStep.ts): plain arrays, f64, every latent of every row, gradients of what is
 * written in its formulas one after the other. What the step on the device is compared with.
 */
export interface ReferenceParameters {
  /** [latents][dIn], [latents], [latents][dOut], [dOut]. */
  readonly encoder: number[][];
  readonly encoderBias: number[];
  readonly decoder: number[][];
  readonly decoderBias: number[];
}

export interface ReferenceHow {
  readonly k: number;
  readonly lossScale: number;
  /** The input has the decoder's bias taken off. */
  readonly isTied: boolean;
  /** Latents that code what is left, and what their loss is worth. */
  readonly dead?: readonly number[];
  readonly auxK: number;
  readonly auxWeight: number;
}

interface Losses {
  readonly loss: number;
  readonly auxLoss: number;
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Which latents of each row are active, and how much: the largest `k` among `latents`, above 0, ties to the lower. */
export function codeOf(
  { encoder, encoderBias, decoderBias }: ReferenceParameters,
  x: readonly number[],
  k: number,
  isTied: boolean,
  latents: readonly number[] = encoder.map((_, latent) => latent),
): ReadonlyMap<number, number> {
  const input = isTied ? x.map((value, c) => value - (decoderBias[c] ?? 0)) : x;
  const all = latents.map(
    (latent) => [latent, dot(encoder[latent] ?? [], input) + (encoderBias[latent] ?? 0)] as const,
  );
  const top = [...all].sort(([i, a], [j, b]) => b - a || i - j).slice(0, k);
  return new Map(top.filter(([, value]) => value > 0));
}

/** Both losses of a batch; what AuxK codes, and the variance it is divided by, are those of `left` where it is given (held constant). */
export function lossesOf(
  parameters: ReferenceParameters,
  xs: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
  how: ReferenceHow,
  left?: readonly (readonly number[])[],
): Losses {
  const errors = errorsOf(parameters, xs, targets, how);
  const squares = errors.flat().map((value) => value * value);
  const loss = (how.lossScale * squares.reduce((sum, value) => sum + value, 0)) / squares.length;
  const { dead } = how;
  if (!dead) return { loss, auxLoss: 0 };
  const aims = (left ?? errors).map((row) => row.map((value) => -value));
  let sum = 0;
  for (const [r, x] of xs.entries()) {
    const code = codeOf(parameters, x, how.auxK, how.isTied, dead);
    for (const [c, aim] of (aims[r] ?? []).entries()) sum += (decodedAt(parameters, code, c) - aim) ** 2;
  }
  return { loss, auxLoss: sum / squares.length / varianceOf(aims) };
}

/** y − target of each row. */
export function errorsOf(
  parameters: ReferenceParameters,
  xs: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
  { k, isTied }: ReferenceHow,
): number[][] {
  return xs.map((x, r) => {
    const code = codeOf(parameters, x, k, isTied);
    return (targets[r] ?? []).map(
      (target, c) => decodedAt(parameters, code, c) + (parameters.decoderBias[c] ?? 0) - target,
    );
  });
}

function decodedAt({ decoder }: ReferenceParameters, code: ReadonlyMap<number, number>, c: number): number {
  return [...code].reduce((sum, [latent, value]) => sum + value * (decoder[latent]?.[c] ?? 0), 0);
}

/** Of all elements, around the mean of their column. */
function varianceOf(rows: readonly (readonly number[])[]): number {
  const cols = rows[0]?.length ?? 0;
  let sum = 0;
  for (let c = 0; c < cols; c++) {
    const column = rows.map((row) => row[c] ?? 0);
    const mean = column.reduce((total, value) => total + value, 0) / rows.length;
    sum += column.reduce((total, value) => total + (value - mean) ** 2, 0);
  }
  return sum / (rows.length * cols);
}

/**
 * The gradient of loss + auxWeight · auxLoss at every parameter, by central differences of the losses themselves: what is left
 * is held constant, as the method says, and the chosen latents are those of the point (a step that changes the choice is a kink).
 */
export function slopesOf(
  parameters: ReferenceParameters,
  xs: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
  how: ReferenceHow,
): ReferenceParameters {
  const left = errorsOf(parameters, xs, targets, how);
  const value = () => {
    const { loss, auxLoss } = lossesOf(parameters, xs, targets, how, left);
    return loss + how.auxWeight * auxLoss;
  };
  const slope = (list: number[], i: number) => {
    const at = list[i] ?? 0;
    const h = 1e-6;
    list[i] = at + h;
    const above = value();
    list[i] = at - h;
    const below = value();
    list[i] = at;
    return (above - below) / (2 * h);
  };
  const along = (list: number[]) => list.map((_, i) => slope(list, i));
  return {
    encoder: parameters.encoder.map(along),
    encoderBias: along(parameters.encoderBias),
    decoder: parameters.decoder.map(along),
    decoderBias: along(parameters.decoderBias),
  };
}
