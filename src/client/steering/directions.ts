/** Directions as they are added and exported: of either method, at the length that was chosen, each of its layer. */
import type {
  DirectionMethod,
  LayerDirections,
  SteeringFile,
  SteeringVectorsResult,
} from "../../protocol/steering";

/**
 *   meanDifference  as long as the mean difference of the layer, whatever the method: strengths of both compare
 *   unit            of length 1, as llama.cpp's and repeng's own programs write control vectors
 */
export const LENGTHS = ["meanDifference", "unit"] as const;
export type Length = (typeof LENGTHS)[number];

export interface LayerDirection {
  readonly layer: number;
  readonly values: Float32Array;
  /** Euclidean. */
  readonly norm: number;
}

export const normOf = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

function scaledTo(values: Float32Array, length: number): Float32Array {
  const own = normOf(values);
  return own === 0 ? values : values.map((x) => (x * length) / own);
}

function directionOf(one: LayerDirections, method: DirectionMethod, length: Length): LayerDirection {
  const values = scaledTo(one[method], length === "unit" ? 1 : one.norm);
  return { layer: one.layer, values, norm: normOf(values) };
}

export const directionsOf = (
  { layers }: Pick<SteeringVectorsResult, "layers">,
  method: DirectionMethod,
  length: Length,
): LayerDirection[] => layers.map((one) => directionOf(one, method, length));

export const fileDirections = ({ directions }: SteeringFile): LayerDirection[] =>
  directions.map(({ layer, values }) => ({ layer, values, norm: normOf(values) }));

/** Why a file's directions cannot be added to a model; undefined if they can. */
export function misfitOf(
  file: SteeringFile,
  model: { readonly name: string; readonly nLayers: number; readonly dModel: number },
): string | undefined {
  for (const { field, layer, values } of file.directions) {
    if (values.length !== model.dModel)
      return `${file.name}: ${field} has ${values.length} numbers; the residual stream of ${model.name} has ${model.dModel}. Open the model that it was made for.`;
    if (layer >= model.nLayers)
      return `${file.name}: ${field} is of layer ${layer}; ${model.name} has layers 0 to ${model.nLayers - 1}. Open the model that it was made for.`;
  }
  return undefined;
}

/** Numbers as short as they stay the same in float32: they travel in links. */
export const shortNumbers = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => Number(Math.fround(value).toPrecision(9)));
