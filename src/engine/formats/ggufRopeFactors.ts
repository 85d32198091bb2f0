/**
 * Llama 3.1 and its successors stretch low rotary frequencies; a GGUF file holds the result, one divisor for each
 * frequency (`rope_freqs.weight`), where Hugging Face's config holds the four numbers it comes from. This finds
 * the numbers again and checks that they give exactly these divisors (Llama 3.1's `apply_scaling`).
 */
import { VitrineError } from "../../protocol/errors";
import type { Json } from "./json";
import type { StoredTensor } from "./modelFiles";
import { readRows } from "./tensorReader";

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
