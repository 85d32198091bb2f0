/**
 * Reads fields of an autoencoder's config, with errors that name file, field, value and what to do. A field may also
 * stand in an inner object (SAELens moved some under `metadata`).
 */
import { VitrineError } from "../../../protocol/errors";
import { isJsonObject, type Json } from "../bytes/json";

const MAX_SIZE = 1 << 24;
const MAX_LIST = 4096;
const MAX_TEXT = 300;

export class ConfigFields {
  constructor(
    readonly fileName: string,
    private readonly json: Json,
    private readonly inner: Json = {},
  ) {}

  /** The first of the names that is there and not null. */
  value(...names: readonly string[]): unknown {
    for (const name of names) {
      const value = own(this.json, name) ?? own(this.inner, name);
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  }

  /** A whole number above 0. */
  size(...names: readonly string[]): number | undefined {
    const value = this.value(...names);
    if (value === undefined || isSize(value)) return value;
    throw this.bad(names[0], value, `expected a whole number from 1 to ${MAX_SIZE}`);
  }

  positive(...names: readonly string[]): number | undefined {
    const value = this.value(...names);
    if (value === undefined || (typeof value === "number" && value > 0 && Number.isFinite(value)))
      return value;
    throw this.bad(names[0], value, "expected a number above 0");
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.value(name) ?? fallback;
    if (typeof value === "boolean") return value;
    throw this.bad(name, value, "expected true or false");
  }

  text(...names: readonly string[]): string | undefined {
    const value = this.value(...names);
    if (value === undefined || (typeof value === "string" && value.length <= MAX_TEXT)) return value;
    throw this.bad(names[0], value, `expected a text of at most ${MAX_TEXT} characters`);
  }

  /** Rising whole numbers; empty where the field is missing. */
  sizes(name: string): readonly number[] {
    const value = this.value(name) ?? [];
    if (Array.isArray(value) && value.length <= MAX_LIST && value.every(isSize)) return value;
    throw this.bad(name, value, "expected a list of whole numbers");
  }

  object(name: string): ConfigFields {
    const value = this.value(name) ?? {};
    if (isJsonObject(value)) return new ConfigFields(this.fileName, value);
    throw this.bad(name, value, "expected an object");
  }

  /** A field that must be absent, or the one value that changes nothing. */
  mustBe(name: string, harmless: unknown, why: string): void {
    const value = this.value(name);
    if (value !== undefined && value !== harmless) throw this.unsupported(name, value, why);
  }

  bad(name: string | undefined, value: unknown, expected: string): VitrineError {
    return new VitrineError(
      "BadFile",
      `${this.fileName}: ${name} is ${show(value)}, ${expected}; check the file.`,
    );
  }

  missing(name: string, why: string): VitrineError {
    return new VitrineError("BadFile", `${this.fileName}: ${name} is missing, ${why}.`);
  }

  unsupported(name: string, value: unknown, why: string): VitrineError {
    return new VitrineError("Unsupported", `${this.fileName}: ${name} is ${show(value)}, ${why}.`);
  }

  /** Sizes that config and weights must agree on. */
  agree(name: string, inConfig: number | undefined, inWeights: number, weightsName: string): void {
    if (inConfig === undefined || inConfig === inWeights) return;
    throw this.bad(name, inConfig, `but ${weightsName} has ${inWeights}`);
  }
}

const own = (json: Json, name: string) => (Object.hasOwn(json, name) ? json[name] : undefined);

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= MAX_SIZE;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
