/** Latents by gradient in words: what they add up to, how far they are from ablations; their table by step. */
import type { Agreement } from "../../../../protocol/gradients/attributions";
import type { LatentAttributionResult, SiteParts } from "../../../../protocol/gradients/latentAttributions";
import type { LatentEffect } from "../../../../protocol/sae/features";
import { formatNumber, formatSigned } from "../../../../client/format";
import type { DataTable } from "../../../charts/dataTable";
import type { ScatterPoint } from "../../../charts/scatter/scatter";
import type { Measured } from "../view";
import { stepName } from "./scope";

/** Below this many pairs a correlation says little. */
const FEW = 8;

/** What was measured of each latent, by either way; an ablation that was run as a check is the same number. */
export function measuredOf(
  effects: ReadonlyMap<number, LatentEffect> | undefined,
  result: LatentAttributionResult | undefined,
): ReadonlyMap<number, Measured> {
  const found = new Map<number, Measured>(effects);
  const exact = new Map(result?.check?.latents.map((one) => [one.latent, one.exact]));
  for (const { latent, estimate, direct } of result?.latents ?? []) {
    const known = found.get(latent);
    const ablation = exact.get(latent) ?? NaN;
    found.set(latent, {
      ...{ gradient: estimate, direct },
      ablation: Number.isNaN(ablation) ? (known?.ablation ?? NaN) : ablation,
    });
  }
  return found;
}

/** Why the scores say nothing; undefined while all is well. */
export function alarmWords({ alarms }: Pick<LatentAttributionResult, "alarms">): string | undefined {
  const [alarm] = alarms;
  if (!alarm) return undefined;
  return alarm.kind === "allZero"
    ? `The gradient at ${alarm.site} is nothing but zeros, so it says nothing: name another token, or choose the CPU as the device.`
    : `The gradient at ${alarm.site} is not finite, so it says nothing.`;
}

export function partsWords(parts: SiteParts): string {
  const of = (value: number) => formatSigned(value, 3);
  return `What the site holds · gradient is ${of(parts.whole)} logits at these positions: latents ${of(parts.latents)}, error term ${of(parts.error)}, bias ${of(parts.bias)}.`;
}

export function pathWords({ pathDifference, parts }: LatentAttributionResult): string | undefined {
  if (pathDifference === undefined) return undefined;
  return `With all active latents of these positions out, ${formatSigned(pathDifference, 3)} logits are lost; along the path the scores sum to ${formatSigned(parts.latents, 3)} (completeness error ${formatSigned(parts.latents - pathDifference, 3)}).`;
}

function agreed({ n, pearson, spearman, meanError, relativeError }: Agreement): string {
  const relation =
    n < 3 || Number.isNaN(pearson)
      ? "no correlation defined"
      : `Pearson’s r ${formatSigned(pearson, 2)}, Spearman’s ρ ${formatSigned(spearman, 2)}`;
  const relative = Number.isFinite(relativeError) ? formatNumber(relativeError, 2) : "undefined";
  return `n = ${n}${n < FEW ? ", too few to rely on" : ""}, ${relation}, mean |error| ${formatNumber(meanError)} logits, relative error ${relative}`;
}

/** `running`: more may come. */
export function checkWords({ check }: LatentAttributionResult, seed: number, running: boolean): string[] {
  if (!check || check.all.n === 0)
    return [
      running
        ? "Not checked yet by ablations."
        : "Not checked: no latent was ablated, and how far these estimates are off is unknown.",
    ];
  return [
    ...(check.all.n < check.latents.length
      ? [`${check.all.n} of ${check.latents.length} latents to check are ablated.`]
      : []),
    ...(check.random.n > 0
      ? [`Against ablations, latents drawn by seed ${seed} from all active ones: ${agreed(check.random)}.`]
      : []),
    ...(check.largest.n > 0 ? [`Latents with the largest estimates: ${agreed(check.largest)}.`] : []),
  ];
}

/** Exact to the right, estimate upwards; drawn latents filled, the largest ringed. */
export function checkPoints(
  { check }: LatentAttributionResult,
  nameOf: (latent: number) => string,
): ScatterPoint[] {
  return (check?.latents ?? [])
    .filter(({ exact }) => Number.isFinite(exact))
    .map(({ latent, exact, estimate, isLargest, isRandom }) => ({
      ...{ x: exact, y: estimate, name: nameOf(latent), isFilled: isRandom, isRinged: isLargest },
    }));
}

const number = (name: string) => ({ name, numeric: true });

export function checkTable({ check }: LatentAttributionResult): DataTable {
  return {
    columns: [
      ...[number("latent"), number("gradient × activation"), number("ablated"), number("direct")],
      { name: "chosen", numeric: false },
    ],
    rows: (check?.latents ?? []).map(({ latent, estimate, exact, direct, isLargest, isRandom }) => [
      ...[latent, estimate, exact, direct],
      [...(isRandom ? ["drawn"] : []), ...(isLargest ? ["largest"] : [])].join(", "),
    ]),
  };
}

/** Sums by step of the chain; empty where all positions are of one. */
export function stepRows({ steps = [] }: LatentAttributionResult, stepCount: number) {
  if (steps.length < 2) return [];
  return steps.map(({ step, ...parts }) => ({ ...parts, step, name: stepName(step, stepCount) }));
}

export function stepTable(rows: ReturnType<typeof stepRows>): DataTable {
  return {
    columns: [
      { name: "step", numeric: false },
      ...["latents", "error term", "bias", "site · gradient"].map(number),
    ],
    rows: rows.map(({ name, latents, error, bias, whole }) => [name, latents, error, bias, whole]),
  };
}
