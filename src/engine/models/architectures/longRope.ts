/**
 * LongRoPE (Ding et al. 2024, arXiv 2402.13753) as Phi 3 publishes it ("longrope", earlier "su"): every frequency has a
 * divisor of its own, from `short_factor` in texts up to the length of the first training and from `long_factor` in
 * longer ones, there for all their positions. Whatever the length, rotation makes queries and keys longer by
 *
 *   attention_factor, or sqrt(1 + ln(max_position_embeddings / original) / ln(original)).
 */
import { VitrineError } from "../../../protocol/errors";
import { numberField, sizeField, type Json } from "../configFields";
import { plainFrequencies, ropeFields } from "./ropeFrequencies";

export interface LongRope {
  /** f32 [dims / 2], radians a position. */
  readonly frequencies: Float32Array<ArrayBuffer>;
  /** Of longer texts. */
  readonly longFrequencies: Float32Array<ArrayBuffer>;
  readonly rotaryMagnitude: number;
  /** The longest text of the short factors, in positions. */
  readonly shortContext: number;
}

const NAMES: readonly unknown[] = ["longrope", "su"];

/** Undefined where the config has no such scaling; `nCtx` is its `max_position_embeddings`. */
export function longRope(json: Json, dims: number, nCtx: number): LongRope | undefined {
  const { theta, scaling } = ropeFields(json);
  if (!NAMES.includes(scaling["rope_type"] ?? scaling["type"])) return undefined;
  const plain = plainFrequencies(theta, dims);
  const divided = (name: string) => {
    const divisors = factors(scaling, name, dims / 2);
    return plain.map((frequency, i) => frequency / (divisors[i] ?? 1));
  };
  const shortContext = sizeField(
    {
      original_max_position_embeddings:
        scaling["original_max_position_embeddings"] ?? json["original_max_position_embeddings"],
    },
    ["original_max_position_embeddings"],
    4096,
  );
  const ratio = nCtx / shortContext;
  const usual = ratio <= 1 ? 1 : Math.sqrt(1 + Math.log(ratio) / Math.log(shortContext));
  const rotaryMagnitude = numberField(scaling, "attention_factor", usual);
  if (!(rotaryMagnitude > 0)) {
    throw new VitrineError(
      "BadFile",
      `config.json: rope_scaling gives an attention factor of ${rotaryMagnitude} for original_max_position_embeddings ${shortContext}, expected a number above 0`,
    );
  }
  return {
    frequencies: divided("short_factor"),
    longFrequencies: divided("long_factor"),
    rotaryMagnitude,
    shortContext,
  };
}

function factors(scaling: Json, name: string, count: number): number[] {
  const list = scaling[name];
  const numbers = Array.isArray(list) ? list.filter((value): value is number => value > 0) : [];
  if (Array.isArray(list) && list.length === count && numbers.every(Number.isFinite)) {
    if (numbers.length === count) return numbers;
  }
  const shown = Array.isArray(list)
    ? `has ${list.length} entries`
    : `is ${JSON.stringify(list) ?? "missing"}`;
  throw new VitrineError(
    "BadFile",
    `config.json: rope_scaling.${name} ${shown}, expected ${count} numbers above 0, one for each rotary pair`,
  );
}
