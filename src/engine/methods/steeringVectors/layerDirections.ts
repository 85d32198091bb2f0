/** The directions of one layer, from the activations of its pairs; in f64. */
import type { DirectionMethod, LayerDirections, SteeringVectorsRequest } from "../../../protocol/steering";
import { seedAt } from "../../../random/seedAt";
import { shuffledBySeed } from "../../../random/shuffled";
import { dot, meanOf, norm, principalComponent, type Principal, type Vectors } from "./principal";
import { nullSeparation, separation, type PairActivations, type Separated } from "./separation";

type Asked = Pick<SteeringVectorsRequest, "centring" | "shuffles" | "seed">;

interface Found {
  readonly mean: Float64Array;
  /** Turned as `oriented` says. */
  readonly principal: Principal;
}

const differences = (pairs: readonly PairActivations[]): Vectors =>
  pairs.map(({ positive, negative }) => positive.map((value, i) => value - (negative[i] ?? 0)));

/**
 * An eigenvector has no sign of its own: it points to where the positive prompt of more pairs lies (as repeng votes), and
 * where both sides have as many, along the mean difference.
 */
function oriented(direction: Float64Array, rows: Vectors, mean: Float64Array): Float64Array {
  const votes = rows.reduce((sum, row) => sum + Math.sign(dot(row, direction)), 0);
  const points = votes || dot(mean, direction);
  return points < 0 ? direction.map((value) => -value) : direction;
}

function directionsOf(rows: Vectors, { centring }: Asked): Found {
  const mean = meanOf(rows);
  const principal = principalComponent(rows, centring);
  return { mean, principal: { ...principal, direction: oriented(principal.direction, rows, mean) } };
}

const separations = ({ mean, principal }: Found, test: readonly PairActivations[]): Separated => ({
  meanDifference: separation(mean, test),
  component: separation(principal.direction, test),
});

/** The differences with the labels of half of the pairs swapped. */
function swappedRows(rows: Vectors, seed: number, draw: number): Vectors {
  const order = shuffledBySeed([...rows.keys()], seedAt(seed, draw));
  const swapped = new Set(order.slice(0, Math.floor(rows.length / 2)));
  return rows.map((row, i) => (swapped.has(i) ? row.map((value) => -value) : row));
}

export function layerDirections(
  layer: number,
  train: readonly PairActivations[],
  test: readonly PairActivations[],
  asked: Asked,
): LayerDirections {
  const rows = differences(train);
  const found = directionsOf(rows, asked);
  const byChance = Array.from({ length: asked.shuffles }, (_, draw) =>
    directionsOf(swappedRows(rows, asked.seed, draw), asked),
  );
  const draws = byChance.map((one) => separations(one, test));
  const nullOf = (method: DirectionMethod) => nullSeparation(draws.map((one) => one[method]));
  const { mean, principal } = found;
  const lengths = train.flatMap(({ positive, negative }) => [norm(positive), norm(negative)]);
  return {
    layer,
    meanDifference: Float32Array.from(mean),
    component: Float32Array.from(principal.direction),
    norm: norm(mean),
    activationNorm: lengths.reduce((sum, length) => sum + length, 0) / lengths.length,
    explained: principal.explained,
    residual: principal.residual,
    cosine: dot(mean, principal.direction) / norm(mean),
    separation: separations(found, test),
    shuffled: { meanDifference: nullOf("meanDifference"), component: nullOf("component") },
    shuffledNorm: byChance.length > 0 ? Math.max(...byChance.map((one) => norm(one.mean))) : NaN,
  };
}
