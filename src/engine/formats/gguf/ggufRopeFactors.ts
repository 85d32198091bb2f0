/**
 * Rotary scalings that a GGUF file holds as tensors. Phi 3's LongRoPE: two lists of divisors, as in Hugging Face's config.
 *
 * Llama 3.1 and its successors stretch low rotary frequencies; a GGUF file holds the result, one divisor for each
 * frequency (`rope_freqs.weight`), where Hugging Face's config holds the four numbers it comes from. This finds
 * the numbers again and checks that they give exactly these divisors (Llama 3.1's `apply_scaling`).
 */
import { VitrineError } from "../../../protocol/errors";
import type { Json } from "../bytes/json";
import type { StoredTensor } from "../storedModel";
import type { TensorEntry } from "../safetensors";
import type { ByteFile } from "../bytes/source";
import { readRows } from "../tensorReader";

/** All published models have these. */
const [LOW, HIGH, ORIGINAL_CONTEXT] = [1, 4, 8192];
const TOLERANCE = 1e-5;
const MAX_FACTORS = 4096;

/** `rope_scaling` of config.json; null if every divisor is 1. */
export async function ropeScalingOfFactors(stored: StoredTensor, config: Json): Promise<Json | null> {
  const { file, entry } = stored;
  const refuse = (problem: string) =>
    new VitrineError(
      "Unsupported",
      `${file.name}: ${entry.name} ${problem}; Vitrine knows the scaling of Llama 3.1 to 3.3.`,
    );
  const dHead = Number(config["head_dim"]);
  const [length = 0] = entry.shape;
  if (entry.shape.length !== 1 || length * 2 !== dHead || length > MAX_FACTORS)
    throw refuse(
      `has shape [${entry.shape.join(", ")}], expected one divisor for each pair of ${dHead} dimensions`,
    );
  const factors: number[] = [];
  for await (const { data } of readRows(stored)) factors.push(...data);
  const factor = Math.max(...factors);
  if (factors.every((divisor) => divisor === 1)) return null;
  const theta = Number(config["rope_theta"] ?? 10_000);
  const stretched = factors.every((divisor, i) => {
    const turns = (ORIGINAL_CONTEXT * theta ** ((-2 * i) / dHead)) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - LOW) / (HIGH - LOW)));
    const expected = 1 / ((1 - kept) / factor + kept);
    return Math.abs(divisor - expected) <= TOLERANCE * expected;
  });
  if (!stretched || config["rope_scaling"]) throw refuse("is a scaling of another kind");
  return {
    rope_type: "llama3",
    factor,
    low_freq_factor: LOW,
    high_freq_factor: HIGH,
    original_max_position_embeddings: ORIGINAL_CONTEXT,
  };
}

/** The names of LongRoPE's divisors, and of config.json's fields for them. */
export const LONG_ROPE_FACTORS = {
  "rope_factors_short.weight": "short_factor",
  "rope_factors_long.weight": "long_factor",
} as const;

/**
 * `rope_scaling` of config.json from both tensors, and how much longer rotation makes queries and keys if the file says;
 * undefined where there is none.
 */
export async function longRopeOfFactors(
  file: ByteFile,
  tensors: readonly TensorEntry[],
  attentionFactor: number | undefined,
): Promise<Json | undefined> {
  const found = tensors.filter(({ name }) => name in LONG_ROPE_FACTORS);
  if (found.length === 0) return undefined;
  const lists: Record<string, number[]> = {};
  for (const [name, field] of Object.entries(LONG_ROPE_FACTORS)) {
    const entry = found.find((tensor) => tensor.name === name);
    if (entry === undefined || entry.shape.length !== 1 || (entry.shape[0] ?? 0) > MAX_FACTORS) {
      const problem = entry ? `has shape [${entry.shape.join(", ")}], expected one list` : "is missing";
      throw new VitrineError("BadFile", `${file.name}: tensor ${name} ${problem}; convert the model again.`);
    }
    const list: number[] = (lists[field] = []);
    for await (const { data } of readRows({ file, entry })) list.push(...data);
  }
  return {
    rope_type: "longrope",
    ...lists,
    ...(attentionFactor !== undefined && { attention_factor: attentionFactor }),
  };
}
