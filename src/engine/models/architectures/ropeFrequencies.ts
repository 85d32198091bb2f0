/**
 * Rotary frequencies from a Hugging Face config: `rope_theta`, `rope_scaling`, and in newer files both inside
 * `rope_parameters`. A scaling whose name is not known is refused: it would change every number silently.
 */
import { VitrineError } from "../../../protocol/errors";
import { isObject, numberField, type Json } from "../configFields";

/** The rope fields of a config, wherever its version keeps them. */
export function ropeFields(config: Json): { readonly theta: number; readonly scaling: Json } {
  const parameters = isObject(config["rope_parameters"]) ? config["rope_parameters"] : {};
  const scaling = isObject(config["rope_scaling"]) ? config["rope_scaling"] : parameters;
  const theta = numberField(
    { rope_theta: parameters["rope_theta"] ?? config["rope_theta"] },
    "rope_theta",
    10000,
  );
  if (!(theta > 0))
    throw new VitrineError("BadFile", `config.json: rope_theta is ${theta}, expected more than 0`);
  return { theta, scaling };
}

function positive(scaling: Json, name: string): number {
  const value = scaling[name];
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  const shown = value === undefined ? "missing" : JSON.stringify(value);
  throw new VitrineError(
    "BadFile",
    `config.json: rope_scaling.${name} is ${shown}, expected a number above 0`,
  );
}

/** Unscaled: theta^(-2i / dims). f32 [dims / 2]. */
export function plainFrequencies(theta: number, dims: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: dims / 2 }, (_, i) => theta ** ((-2 * i) / dims));
}

/**
 * "llama3": long wavelengths are stretched by the factor, short ones kept, those between interpolated
 * (Llama 3.1's own code).
 */
function llama3(frequency: number, scaling: Json): number {
  const factor = positive(scaling, "factor");
  const low = positive(scaling, "low_freq_factor");
  const high = positive(scaling, "high_freq_factor");
  const context = positive(scaling, "original_max_position_embeddings");
  const turns = (context * frequency) / (2 * Math.PI);
  if (turns > high) return frequency;
  if (turns < low) return frequency / factor;
  const share = (turns - low) / (high - low);
  return (1 - share) * (frequency / factor) + share * frequency;
}

const SCALINGS: Readonly<Record<string, (frequency: number, scaling: Json) => number>> = {
  default: (frequency) => frequency,
  linear: (frequency, scaling) => frequency / positive(scaling, "factor"),
  llama3,
};

/** Radians a position for each rotary pair, f32 [dims / 2]. */
export function ropeFrequencies(config: Json, dims: number): Float32Array<ArrayBuffer> {
  const { theta, scaling } = ropeFields(config);
  const type = scaling["rope_type"] ?? scaling["type"] ?? "default";
  const known = Object.keys(SCALINGS);
  const scale = typeof type === "string" && known.includes(type) ? SCALINGS[type] : undefined;
  if (scale === undefined) {
    throw new VitrineError(
      "Unsupported",
      `config.json: rope_scaling has type ${JSON.stringify(type)}; Vitrine knows ${known.join(", ")}`,
    );
  }
  return plainFrequencies(theta, dims).map((frequency) => scale(frequency, scaling));
}
