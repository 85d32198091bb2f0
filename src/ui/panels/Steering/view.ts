/** From directions and effects to what is drawn and said. */
import type {
  DirectionMethod,
  LayerDirections,
  NullSeparation,
  Separation,
  SteeringEffectResult,
  SteeringVectorsResult,
} from "../../../protocol/steering";
import { formatNumber, formatSigned } from "../../../client/format";
import type { LayerDirection } from "../../../client/steering/directions";
import type { DataTable } from "../../charts/dataTable";

const per = (share: number) => (Number.isNaN(share) ? "–" : `${(100 * share).toFixed(0)} %`);

/** "16 of 16 (81 % to 100 %)". */
export function toldWords({ accuracy, interval: [low, high], n }: Separation): string {
  if (n === 0) return "none held out";
  const right = accuracy * n;
  return `${Number.isInteger(right) ? right : right.toFixed(1)} of ${n} (${per(low)} to ${per(high)})`;
}

export const chanceWords = ({ accuracy, highestAccuracy, draws }: NullSeparation): string =>
  draws === 0 ? "–" : `${per(accuracy)}, at most ${per(highestAccuracy)}`;

/** Length of a layer's mean difference and of what chance gives, as shares of the activation's length. */
export const lengthWords = ({ norm, activationNorm }: LayerDirections): string =>
  `${formatNumber(norm, 2)} (${per(norm / activationNorm)} of the activation)`;

const number = (name: string) => ({ name, numeric: true });

/** Every number of the directions, a row a layer. */
export function directionsTable({ layers, site }: SteeringVectorsResult, method: DirectionMethod): DataTable {
  const names = [
    ...["layer", "length of the mean difference", "longest with swapped labels", "length of the activation"],
    ...["explained by the component", "residual of the component", "cosine of the two directions"],
    ...["held-out pairs", "told right", "95 % from", "95 % to", "AUC"],
    ...["told right with swapped labels, mean", "highest"],
  ];
  return {
    columns: [{ name: "site", numeric: false }, ...names.map(number)],
    rows: layers.map((one) => {
      const { accuracy, interval, auc, n } = one.separation[method];
      const chance = one.shuffled[method];
      return [
        `blocks.${one.layer}.${site}`,
        ...[one.layer, one.norm, one.shuffledNorm, one.activationNorm],
        ...[one.explained, one.residual, one.cosine, n, accuracy, ...interval, auc],
        ...[chance.accuracy, chance.highestAccuracy],
      ];
    }),
  };
}

/** Of a file: layer, the field it stands in, its length. */
export const fileTable = (
  directions: readonly (LayerDirection & { readonly field?: string })[],
): DataTable => ({
  columns: [number("layer"), { name: "field", numeric: false }, number("width"), number("length")],
  rows: directions.map(({ layer, field = "", values, norm }) => [layer, field, values.length, norm]),
});

export function strengthLabel(strength: number): string {
  return strength === 0 ? "0" : formatSigned(strength, 2).replace(/\.?0+$/, "");
}

const at = (result: SteeringEffectResult, row: number, col: number) => row * result.strengths.length + col;

/** One cell in words, with its error and what random directions give. */
export function describeEffect(result: SteeringEffectResult, row: number, col: number): string {
  const i = at(result, row, col);
  const { values, errors, control, controlLowest, controlHighest, base, layers, strengths } = result;
  const error = errors[i] ?? NaN;
  const spread = Number.isNaN(error) ? "" : ` ± ${formatNumber(error, 2)}`;
  const random = control[i] ?? NaN;
  const chance = Number.isNaN(random)
    ? ""
    : ` · random directions ${formatNumber(random, 2)} (${formatNumber(controlLowest[i] ?? NaN, 2)} to ${formatNumber(controlHighest[i] ?? NaN, 2)})`;
  return `layer ${layers[row] ?? ""}, strength ${strengthLabel(strengths[col] ?? NaN)}: ${formatNumber(values[i] ?? NaN, 2)}${spread} · nothing added ${formatNumber(base, 2)}${chance}`;
}

/** The layer that a direction moves the metric most in, at the strength nearest to 1. */
export function strongestLayer({
  layers,
  strengths,
  values,
  base,
}: SteeringEffectResult): number | undefined {
  const distance = (col: number) => Math.abs((strengths[col] ?? Infinity) - 1);
  const col = [...strengths.keys()].sort((a, b) => distance(a) - distance(b))[0] ?? 0;
  const moved = layers.map((layer, row) => ({
    layer,
    by: Math.abs((values[row * strengths.length + col] ?? NaN) - base),
  }));
  return moved.filter(({ by }) => by > 0).sort((a, b) => b.by - a.by)[0]?.layer;
}

export function effectTable(result: SteeringEffectResult, unit: string): DataTable {
  const { layers, strengths, values, errors, control, controlLowest, controlHighest, base } = result;
  const names = ["layer", "strength", unit, "standard error", "nothing added"];
  const random = ["random directions, mean", "lowest", "highest"];
  return {
    columns: [...names, ...random].map(number),
    rows: layers.flatMap((layer, row) =>
      strengths.map((strength, col) => {
        const i = at(result, row, col);
        const own = [values[i] ?? NaN, errors[i] ?? NaN, base];
        const chance = [control[i] ?? NaN, controlLowest[i] ?? NaN, controlHighest[i] ?? NaN];
        return [layer, strength, ...own, ...chance];
      }),
    ),
  };
}

/** The finding, in a sentence: the chosen cell, the clean run, and what random directions of the same length did. */
export function effectWords(result: SteeringEffectResult, layer: number, strength: number, metric: string) {
  const row = result.layers.indexOf(layer);
  const col = result.strengths.indexOf(strength);
  const over = result.promptsDone === 1 ? "one prompt" : `${result.promptsDone} prompts, mean`;
  const error = Number.isNaN(result.baseError) ? "" : ` ± ${formatNumber(result.baseError, 2)}`;
  const clean = `${metric} with nothing added: ${formatNumber(result.base, 2)}${error} (${over}, ± standard error).`;
  if (row < 0 || col < 0) return clean;
  return `${clean} With the direction: ${describeEffect(result, row, col)}.`;
}
