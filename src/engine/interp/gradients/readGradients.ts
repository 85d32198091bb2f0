/** Reads back what the walks found: values of scalars, gradients in the shapes of captures and of weights, and alarms. */
import type { Gradient, GradientAlarm } from "../../../protocol/gradients/gradients";
import type { Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Model } from "../../models/model";
import { siteShape } from "../../models/siteShape";
import { readCaptures } from "../pass/captures";
import type { BackwardPass } from "./backwardPass";
import type { PackedRows } from "./gradientBatch";
import type { PlacedScalars } from "./scalars";
import type { SiteTensor } from "./tapedPart";
import type { WantedWeight, WeightGradient } from "./wantedWeights";

interface Walked {
  /** Scalars from this one on. */
  readonly first: number;
  readonly scalars: number;
  readonly sites: readonly Site[];
  readonly weights: readonly WantedWeight[];
}

/** What one walk found, for its own terms. */
export async function readWalk(
  model: Model,
  rows: PackedRows,
  walk: BackwardPass,
  placed: PlacedScalars,
  { first, scalars, sites, weights }: Walked,
) {
  const data = await readAll(model, walk, weights);
  const gradients: Gradient[] = [];
  const alarms: GradientAlarm[] = [];
  for (let own = 0; own < scalars; own++) {
    const scalar = first + own;
    const bySite = sites.map((site) => ({ site, ofRows: gradientAt(model, rows, walk, data, site, own) }));
    for (const { site, ofRows } of bySite) {
      const alarm = alarmOf(ofRows.map((gradient) => gradient.data));
      if (alarm) alarms.push({ kind: alarm, scalar, site });
    }
    for (const row of rows.segments.keys()) {
      for (const { site, ofRows } of bySite) {
        const found = ofRows[row];
        if (found) gradients.push({ scalar, row, site, ...found });
      }
    }
  }
  const byWeight = weights.map(({ name, shape, weight }): WeightGradient => {
    const sum = walk.weights.of(weight);
    const numbers = (sum && data.get(sum)) ?? new Float32Array(shape.reduce((product, n) => product * n, 1));
    return { scalar: first, name, shape, data: numbers };
  });
  for (const { name, data: numbers } of byWeight) {
    const alarm = alarmOf([numbers]);
    if (alarm) alarms.push({ kind: alarm, scalar: first, site: name });
  }
  const values = new Array<number>(scalars).fill(0);
  addValues(placed, walk, data, rows.packed.count, (scalar, value) => {
    values[scalar - first] = (values[scalar - first] ?? 0) + value;
  });
  return { values, gradients, weights: byWeight, alarms };
}

type Numbers = ReadonlyMap<Tensor, Float32Array>;

async function readAll(
  { memory }: Model,
  { found, read, values, weights }: BackwardPass,
  wanted: readonly WantedWeight[],
): Promise<Numbers> {
  const sums = wanted.flatMap(({ weight }) => weights.of(weight) ?? []);
  const tensors = new Set([...[...found, ...read, ...values].map(({ tensor }) => tensor), ...sums]);
  const slices = [...tensors].map(({ buffer, size }) => ({ buffer, offsetBytes: 0, sizeBytes: 4 * size }));
  const data = slices.length > 0 ? await memory.device.read(slices) : [];
  return new Map([...tensors].map((tensor, i) => [tensor, new Float32Array(data[i] ?? new ArrayBuffer(0))]));
}

function alarmOf(parts: readonly Float32Array[]): GradientAlarm["kind"] | undefined {
  let isZero = true;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      const value = part[i] ?? 0;
      // Infinity less itself is no number either.
      if (value - value !== 0) return "notFinite";
      if (value !== 0) isZero = false;
    }
  }
  return isZero ? "allZero" : undefined;
}

/** [row]: the gradient of one scalar of a walk at a site. */
function gradientAt(
  { config }: Model,
  { packed, segments, contexts }: PackedRows,
  walk: BackwardPass,
  data: Numbers,
  site: Site,
  scalar: number,
): Pick<Gradient, "shape" | "data">[] {
  const parts = walk.found.filter((found) => found.site === site);
  const [first] = parts;
  if (first === undefined) {
    // Nothing reached it.
    return segments.map(({ tokens, context }) => {
      const shape = siteShape(config, site, tokens.length, context.nextPosition + tokens.length);
      return { shape, data: new Float32Array(shape.reduce((product, n) => product * n, 1)) };
    });
  }
  const [, ...rest] = first.shape;
  const width = rest.reduce((product, n) => product * n, 1);
  const whole = new Float32Array(packed.count * width);
  for (const part of parts) {
    const own = ofScalar(part, data, scalar, width);
    if (!part.tokens) whole.set(own);
    else
      part.tokens.forEach((token, row) =>
        whole.set(own.subarray(row * width, (row + 1) * width), token * width),
      );
  }
  const captured = {
    ...{ site, tensor: 0, shape: [packed.count, ...rest], columns: first.columns, isEdited: false },
    data: whole,
  };
  return segments.flatMap((_, segment) => {
    const context = contexts[segment];
    if (!context) return [];
    const [capture] = readCaptures(config, [captured], packed, segment, context);
    if (!capture) return [];
    // What is not visible has no score, and no gradient.
    const isScores = site.endsWith(".attn.scores");
    const data = isScores ? capture.data.map((value) => (value === -Infinity ? 0 : value)) : capture.data;
    return [{ shape: capture.shape, data }];
  });
}

function ofScalar({ tensor, shape }: SiteTensor, data: Numbers, scalar: number, width: number): Float32Array {
  const size = (shape[0] ?? 0) * width;
  return (data.get(tensor) ?? new Float32Array()).subarray(scalar * size, (scalar + 1) * size);
}

/** Adds up the terms of each scalar. */
function addValues(
  { logits, seeds }: PlacedScalars,
  walk: BackwardPass,
  data: Numbers,
  count: number,
  add: (scalar: number, value: number) => void,
): void {
  for (const { scalar, weight, value } of logits) if (typeof value === "number") add(scalar, weight * value);
  for (const { tensor, of } of walk.values) {
    const read = data.get(tensor);
    of.forEach(({ scalar, weight }, i) => add(scalar, weight * (read?.[i] ?? NaN)));
  }
  for (const { scalar, token, site, values } of seeds) {
    const at = walk.read.find((one) => one.site === site && (one.tokens ?? [token]).includes(token));
    const numbers = at && data.get(at.tensor);
    if (!at || !numbers) throw new Error(`nothing was read at ${site}`);
    const row = at.tokens ? at.tokens.indexOf(token) : token;
    const stride = at.tensor.size / (at.tokens?.length ?? count);
    const from = row * stride + at.columns.offset;
    add(
      scalar,
      values.reduce((sum, value, c) => sum + value * (numbers[from + c] ?? NaN), 0),
    );
  }
}
