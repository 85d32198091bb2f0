/** The options of the command line, read and checked. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { VitrineError } from "../protocol/errors";
import type { GivenFields } from "../protocol/missingFields";

const OPTIONS = {
  model: { type: "string" },
  device: { type: "string", default: "cpu" },
  precision: { type: "string", default: "auto" },
  text: { type: "string" },
  tokens: { type: "string" },
  max: { type: "string" },
  temperature: { type: "string", default: "0" },
  "top-k": { type: "string", default: "0" },
  "top-p": { type: "string", default: "1" },
  seed: { type: "string", default: "0" },
  sites: { type: "string" },
  edits: { type: "string" },
  config: { type: "string" },
  sae: { type: "string" },
  "sae-config": { type: "string" },
  "sae-site": { type: "string" },
  request: { type: "string" },
  lens: { type: "string" },
  texts: { type: "string" },
  target: { type: "string" },
  minus: { type: "string" },
  position: { type: "string" },
  frozen: { type: "string" },
  out: { type: "string" },
  problem: { type: "string" },
  steps: { type: "string" },
  answer: { type: "string" },
  "answer-prefix": { type: "string" },
  problems: { type: "string" },
  index: { type: "string" },
  count: { type: "string", default: "500" },
  tests: { type: "string" },
  mode: { type: "string", default: "delete" },
  filler: { type: "string" },
  value: { type: "string", default: "logProb" },
  estimator: { type: "string" },
  budget: { type: "string", default: "1000" },
  samples: { type: "string", default: "4" },
} as const;

export type Options = ReturnType<typeof parse>["values"];

export function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
}

export function usage(message: string): never {
  throw new VitrineError("Unsupported", message);
}

export function required(values: Options, name: keyof typeof OPTIONS): string {
  return values[name] ?? usage(`--${name} is missing`);
}

/** A JSON object, or a file that holds one. */
export function fieldsOption(values: Options, name: "config" | "sae-config"): GivenFields | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const text = given.trim().startsWith("{") ? given : readFileSync(given, "utf8");
  const fields: unknown = JSON.parse(text);
  const isObject = typeof fields === "object" && fields !== null && !Array.isArray(fields);
  return isObject ? (fields as GivenFields) : usage(`--${name} must be a JSON object, or a file with one`);
}

export function numberOption(values: Options, name: keyof typeof OPTIONS): number {
  const value = Number(required(values, name));
  return Number.isFinite(value) ? value : usage(`--${name} is ${values[name]}, expected a number`);
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  return (
    allowed.find((option) => option === value) ?? usage(`--${name} is ${value}; known: ${allowed.join(", ")}`)
  );
}

/** The place of a problem in its set. */
export function indexOption(values: Options): number | undefined {
  if (values.index === undefined) return undefined;
  const index = numberOption(values, "index");
  return Number.isInteger(index) && index >= 0
    ? index
    : usage(`--index is ${values.index}, expected a place from 0 on`);
}
