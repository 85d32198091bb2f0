/** Reads the fields of one architecture from GGUF metadata, with errors that name the field and its value. */
import { VitrineError } from "../../../protocol/errors";
import type { GgufMetadata } from "./gguf";
import type { GgufValue } from "./ggufCursor";

/** No field of a model that fits in a page is larger. */
const MAX_SIZE = 2 ** 31;

export interface GgufFields {
  readonly fileName: string;
  /** A whole number of at least 1; a list of one for each layer counts as that number if all are equal. */
  size(name: string, fallback?: number): number;
  /** A finite number. */
  number(name: string): number | undefined;
  /** A number that means "none" where it is 0 or missing. */
  amount(name: string): number | undefined;
  text(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  /** Whole, for fields that come as a list or as one value. */
  raw(name: string): GgufValue | undefined;
}

export function ggufFields(fileName: string, metadata: GgufMetadata, architecture: string): GgufFields {
  const raw = (name: string) => metadata.get(`${architecture}.${name}`);

  function typed<T extends GgufValue>(name: string, expected: string, is: (value: GgufValue) => value is T) {
    const value = raw(name);
    if (value === undefined || is(value)) return value;
    return refuse(name, value, expected);
  }

  function refuse(name: string, value: GgufValue | undefined, expected: string): never {
    const text = JSON.stringify(value);
    const shown = text === undefined ? "is missing" : `is ${text.slice(0, 100)}`;
    throw new VitrineError(
      "BadFile",
      `${fileName}: ${architecture}.${name} ${shown}, expected ${expected}; convert the model again.`,
    );
  }

  const number = (name: string) => shortest(typed(name, "a number", isNumber));

  return {
    fileName,
    raw,
    number,
    size(name, fallback) {
      const value = raw(name) === undefined ? fallback : same(raw(name));
      if (isNumber(value) && Number.isInteger(value) && value >= 1 && value <= MAX_SIZE) return value;
      return refuse(name, raw(name), `a whole number from 1 to ${MAX_SIZE}`);
    },
    amount: (name) => number(name) || undefined,
    text: (name) => typed(name, "a text", (value) => typeof value === "string"),
    flag: (name) => typed(name, "true or false", (value) => typeof value === "boolean"),
  };
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** The one value of a list of equal ones. */
function same(value: GgufValue | undefined): GgufValue | undefined {
  if (!Array.isArray(value)) return value;
  const [first] = value as readonly GgufValue[];
  return value.every((item) => item === first) ? first : undefined;
}

/** The shortest decimal that is this f32: 1e-5, as the config said, where the file holds 9.99999974e-6. */
function shortest(value: number | undefined): number | undefined {
  if (value === undefined || Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
