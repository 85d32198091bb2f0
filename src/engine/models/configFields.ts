/** Reads fields of a `config.json` with errors that name the field, its value and what was expected. */
import { VitrineError } from "../../protocol/errors";

/** No field of a model that fits in a page is larger. */
const MAX_SIZE = 1 << 24;

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(name: string, value: unknown, expected: string): never {
  const shown = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
  throw new VitrineError("BadFile", `config.json: ${name} ${shown}, expected ${expected}`);
}

/** No model that fits in a page has more layers, more heads in one, or wider heads. */
const MAX_COUNT = 1024;

/** A number of layers or heads, or the width of a head: small enough to make a list of. */
export function countField(config: Json, names: readonly string[], fallback?: number): number {
  const count = sizeField(config, names, fallback);
  if (count <= MAX_COUNT) return count;
  return refuse(names.join(" or "), count, `a whole number from 1 to ${MAX_COUNT}`);
}

/** The first of `names` that is present, as a whole number of at least 1. */
export function sizeField(config: Json, names: readonly string[], fallback?: number): number {
  const name = names.find((n) => config[n] !== undefined && config[n] !== null);
  const value = name === undefined ? fallback : config[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_SIZE) return value;
  return refuse(name ?? names.join(" or "), value, `a whole number from 1 to ${MAX_SIZE}`);
}

/** total / parts, named as the config names them; refused unless it is whole. */
export function wholeQuotient(
  [totalName, total]: readonly [string, number],
  [partsName, parts]: readonly [string, number],
): number {
  if (total % parts === 0) return total / parts;
  throw new VitrineError(
    "BadFile",
    `config.json: ${totalName} ${total} is not a multiple of ${partsName} ${parts}`,
  );
}

export function numberField(config: Json, name: string, fallback: number): number {
  const value = config[name] ?? fallback;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return refuse(name, value, "a number");
}

export function flagField(config: Json, name: string, fallback: boolean): boolean {
  const value = config[name] ?? fallback;
  if (typeof value === "boolean") return value;
  return refuse(name, value, "true or false");
}

/** A field whose value must be one of `allowed`. */
export function choiceField<T extends string>(
  config: Json,
  names: readonly string[],
  allowed: readonly T[],
  fallback: T,
): T {
  const name = names.find((n) => config[n] !== undefined) ?? names[0] ?? "";
  const value = config[name] ?? fallback;
  const match = allowed.find((option) => option === value);
  if (match !== undefined) return match;
  throw new VitrineError(
    "Unsupported",
    `config.json: ${name} is ${JSON.stringify(value)}; known: ${allowed.join(", ")}`,
  );
}
