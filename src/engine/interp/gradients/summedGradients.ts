/**
 * The sum of gradients over many rows of one length, by site: as integrated gradients need it. Rows go back in batches, and
 * each batch is one scalar, because rows share nothing.
 */
import type { Pauser } from "../../../protocol/cancel";
import type { GradientAlarm, GradientRequest, Scalar } from "../../../protocol/gradients/gradients";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { siteShape } from "../../models/siteShape";
import { batchesOf, batchTokens } from "../batch/cellBatches";
import { gradients } from "./gradients";

/** Most that the gradients of one batch may take; a row is never divided. */
const MAX_READ_BYTES = 1 << 28;

export interface GradientRow {
  readonly row: GradientRequest["rows"][number];
  /** What is read off it; `row` of a term is 0, weights include the row's. */
  readonly terms: Scalar;
}

export interface SummedGradient {
  /** As a capture of the site. */
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface SummedGradients {
  /** Of the scalar, over all rows. */
  readonly value: number;
  readonly sums: ReadonlyMap<Site, SummedGradient>;
  /** Sites that are zero in every row, or not finite in one. */
  readonly alarms: readonly Omit<GradientAlarm, "scalar">[];
}

/** `rowOf` is asked when a row's turn comes, so that rows with values of their own need not be there together. */
export async function summedGradients<Point>(
  model: Model,
  points: readonly Point[],
  rowOf: (point: Point) => GradientRow,
  /** Tokens of each row. */
  tokens: number,
  sites: readonly Site[],
  pauser: Pauser,
  onRows?: (count: number) => void,
): Promise<SummedGradients> {
  const sums = new Map<Site, SummedGradient>();
  const found: (readonly GradientAlarm[])[] = [];
  let value = 0;
  for (const batch of batchesOf(points, () => tokens, tokensAtOnce(model, tokens, sites))) {
    await pauser.pause();
    const rows = batch.map(rowOf);
    const scalar = rows.flatMap(({ terms }, row) => terms.map((term) => ({ ...term, row })));
    const result = await gradients(model, { rows: rows.map(({ row }) => row), scalars: [scalar], sites });
    value += result.values[0] ?? NaN;
    for (const { site, shape, data } of result.gradients) {
      const sum = sums.get(site) ?? { shape, data: new Float64Array(data.length) };
      sums.set(site, sum);
      data.forEach((one, i) => (sum.data[i] = (sum.data[i] ?? 0) + one));
    }
    found.push(result.alarms);
    onRows?.(batch.length);
  }
  return { value, sums, alarms: joined(found, [...sums.keys()]) };
}

/** Tokens of one batch: bounded by what goes through the model, and by what is read back. */
function tokensAtOnce(model: Model, tokens: number, sites: readonly Site[]): number {
  const keyed = sites.some((site) => /\.(scores|pattern)$/.test(site));
  const bytes = sites.reduce(
    (sum, site) => sum + 4 * siteShape(model.config, site, tokens).reduce((product, n) => product * n, 1),
    0,
  );
  return Math.min(batchTokens(model, tokens, keyed), tokens * Math.floor(MAX_READ_BYTES / bytes));
}

function joined(batches: readonly (readonly GradientAlarm[])[], sites: readonly Site[]) {
  return sites.flatMap((site): Omit<GradientAlarm, "scalar">[] => {
    const kinds = batches.map((alarms) => alarms.find((alarm) => alarm.site === site)?.kind);
    if (kinds.includes("notFinite")) return [{ kind: "notFinite", site }];
    return kinds.every((kind) => kind === "allZero") ? [{ kind: "allZero", site }] : [];
  });
}
