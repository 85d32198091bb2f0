/** Reads back what the walks found: values of scalars, gradients in the shapes of captures, and alarms. */
import type { Gradient, GradientAlarm } from "../../../protocol/gradients";
import type { Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Model } from "../../models/model";
import { siteShape } from "../../models/siteShape";
import { readCaptures } from "../pass/captures";
import type { BackwardPass } from "./backwardPass";
import type { PackedRows } from "./gradientBatch";
import type { PlacedScalars } from "./scalars";
import type { SiteTensor } from "./tapedPart";

interface Sizes {
  readonly scalars: number;
  /** Of one walk. */
  readonly atOnce: number;
}

export async function readGradients(
  model: Model,
  rows: PackedRows,
  placed: PlacedScalars,
  walks: readonly BackwardPass[],
  sites: readonly Site[],
  { scalars, atOnce }: Sizes,
) {
  const data = await readAll(model, walks);
  const gradients: Gradient[] = [];
  const alarms: GradientAlarm[] = [];
  for (let scalar = 0; scalar < scalars; scalar++) {
    const walk = walks[Math.floor(scalar / atOnce)];
    if (walk === undefined) throw new Error(`scalar ${scalar} is in no walk`);
    const bySite = new Map(
      sites.map((site) => [site, gradientAt(model, rows, walk, data, site, scalar % atOnce)]),
    );
    for (const [site, ofRows] of bySite) {
      const alarm = alarmOf(ofRows.map((gradient) => gradient.data));
      if (alarm) alarms.push({ kind: alarm, scalar, site });
    }
    for (const row of rows.segments.keys()) {
      for (const site of sites) {
        const found = bySite.get(site)?.[row];
        if (found) gradients.push({ scalar, row, site, ...found });
      }
    }
  }
  return { values: scalarValues(placed, walks, data, scalars, rows.packed.count), gradients, alarms };
}

type Numbers = ReadonlyMap<Tensor, Float32Array>;

async function readAll({ memory }: Model, walks: readonly BackwardPass[]): Promise<Numbers> {
  const tensors = new Set(
    walks.flatMap(({ found, read, values }) => [...found, ...read, ...values].map(({ tensor }) => tensor)),
  );
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

function scalarValues(
  { logits, seeds }: PlacedScalars,
  walks: readonly BackwardPass[],
  data: Numbers,
  scalars: number,
  count: number,
): number[] {
  const values = new Array<number>(scalars).fill(0);
  const add = (scalar: number, value: number) => (values[scalar] = (values[scalar] ?? 0) + value);
  for (const { scalar, weight, value } of logits) if (typeof value === "number") add(scalar, weight * value);
  for (const walk of walks) {
    for (const { tensor, of } of walk.values) {
      const read = data.get(tensor);
      of.forEach(({ scalar, weight }, i) => add(scalar, weight * (read?.[i] ?? NaN)));
    }
  }
  for (const { scalar, token, site, values: functional } of seeds) {
    // Every walk that reads the site read the same numbers there.
    const at = walks
      .flatMap(({ read }) => read)
      .find((one) => one.site === site && (one.tokens ?? [token]).includes(token));
    const numbers = at && data.get(at.tensor);
    if (!at || !numbers) throw new Error(`nothing was read at ${site}`);
    const row = at.tokens ? at.tokens.indexOf(token) : token;
    const stride = at.tensor.size / (at.tokens?.length ?? count);
    const from = row * stride + at.columns.offset;
    functional.forEach((value, c) => add(scalar, value * (numbers[from + c] ?? NaN)));
  }
  return values;
}
