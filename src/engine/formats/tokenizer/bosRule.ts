/**
 * Which token begins a text, and whether the tokenizer puts it there by itself. Nothing is ever added behind
 * the caller's back: this only tells the page's switch its default.
 */
import { isJsonObject, type Json } from "../bytes/json";

export interface BosRule {
  readonly bosId?: number;
  readonly eosId?: number;
  readonly bosByDefault: boolean;
}

export function bosRule(
  tokenizerJson: Json,
  tokenizerConfig: Json,
  modelConfig: Json,
  idOf: (spelling: string) => number | undefined,
): BosRule {
  const named = (key: string) => {
    const text = tokenText(tokenizerConfig[key]);
    return text === undefined ? undefined : idOf(text);
  };
  const fromProcessor = firstSpecial(tokenizerJson["post_processor"], idOf);
  const bosId = fromProcessor ?? named("bos_token") ?? firstId(modelConfig["bos_token_id"]);
  const eosId = named("eos_token") ?? firstId(modelConfig["eos_token_id"]);
  const flag = tokenizerConfig["add_bos_token"];
  return {
    ...(bosId !== undefined && { bosId }),
    ...(eosId !== undefined && { eosId }),
    bosByDefault: bosId !== undefined && (typeof flag === "boolean" ? flag : fromProcessor !== undefined),
  };
}

/** A special token in a config: its text, or an object with its text. */
export function tokenText(value: unknown): string | undefined {
  const text = isJsonObject(value) ? value["content"] : value;
  return typeof text === "string" ? text : undefined;
}

/** One id, or a list of them. */
function firstId(value: unknown): number | undefined {
  const id: unknown = Array.isArray(value) ? value[0] : value;
  return typeof id === "number" && Number.isInteger(id) && id >= 0 ? id : undefined;
}

/** The token that a post-processor puts before a single text. */
function firstSpecial(
  processor: unknown,
  idOf: (spelling: string) => number | undefined,
): number | undefined {
  if (!isJsonObject(processor)) return undefined;
  const { processors, single, cls, special_tokens: specials } = processor;
  if (Array.isArray(processors)) {
    return processors.map((part) => firstSpecial(part, idOf)).find((id) => id !== undefined);
  }
  if (Array.isArray(cls)) return firstId(cls[1]);
  const first: unknown = Array.isArray(single) ? single[0] : undefined;
  const special = isJsonObject(first) ? first["SpecialToken"] : undefined;
  const name = isJsonObject(special) ? special["id"] : undefined;
  if (typeof name !== "string") return undefined;
  const entry = isJsonObject(specials) ? specials[name] : undefined;
  return (isJsonObject(entry) ? firstId(entry["ids"]) : undefined) ?? idOf(name);
}
