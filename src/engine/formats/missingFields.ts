/** The refusal of files that do not say all that is needed: it names the fields, what is known, and where to say them. */
import { VitrineError } from "../../protocol/errors";
import type { FieldValue, KnownField, MissingFields, WantedField } from "../../protocol/missingFields";

const MOST_CHOICES = 8;

export class MissingFieldsError extends VitrineError {
  /** `option`: of the command line. */
  constructor(
    readonly report: MissingFields,
    option: "--config" | "--sae-config",
  ) {
    super("MissingFields", sentence(report, option));
  }
}

const shown = (value: FieldValue) => JSON.stringify(value);

function sentence({ file, as, wanted, known }: MissingFields, option: string): string {
  const missing = wanted.map(wantedText).join("; ");
  const inferred = known.map(({ name, value, from }) => `${name} ${shown(value)} (${from})`).join(", ");
  const example = Object.fromEntries(
    wanted.map(({ name, choices }) => [name, choices?.[0] ? choices[0].value : 1]),
  );
  return (
    `${file} is ${as} and does not say ${missing}. ` +
    (inferred === "" ? "" : `Taken from the file: ${inferred}. `) +
    `Say it in the form on the page, in a config.json beside the file, or with ${option} '${JSON.stringify(example)}'.`
  );
}

function wantedText({ name, what, choices }: WantedField): string {
  const values = choices?.slice(0, MOST_CHOICES).map(({ value }) => shown(value));
  return `${name}, ${what}${values ? ` (one of ${values.join(", ")})` : ""}`;
}

/** Gathers a config from what is given, what the file says and what its tensors' shapes tell, in this order. */
export class ConfigFinder {
  readonly #config: Record<string, unknown>;
  readonly #known: KnownField[] = [];
  readonly #wanted: WantedField[] = [];

  constructor(
    /** What somebody said: a config beside the weights, a form, an option. */
    private readonly given: Readonly<Record<string, unknown>>,
    /** Settings in the file. */
    private readonly inside: Readonly<Record<string, unknown>> = {},
  ) {
    this.#config = { ...given };
  }

  has(name: string): boolean {
    return this.given[name] !== undefined;
  }

  /** A size that a tensor tells; what was given comes before it, and is checked against the tensors later. */
  tell(name: string, value: FieldValue, from: string): void {
    if (this.has(name)) return;
    this.#config[name] = value;
    this.#known.push({ name, value, from });
  }

  /** The first of `aliases` among the settings in the file, as `name`; answers whether there is one. */
  takeInside(name: string, aliases: readonly string[], read = (value: unknown): unknown => value): boolean {
    if (this.has(name)) return true;
    const alias = [name, ...aliases].find((other) => this.inside[other] !== undefined);
    const value = alias === undefined ? undefined : read(this.inside[alias]);
    if (alias === undefined || value === undefined) return false;
    this.#config[name] = value;
    const isPlain = value === null || typeof value !== "object";
    if (isPlain)
      this.#known.push({ name, value: value as FieldValue, from: `the file's settings, ${alias}` });
    return true;
  }

  /** Asks for a field that nothing else tells. */
  want(field: WantedField): void {
    if (!this.has(field.name)) this.#wanted.push(field);
  }

  /** The config; throws if fields are missing. */
  finish(file: string, as: string): { config: Record<string, unknown>; known: readonly KnownField[] } {
    const known = this.#known;
    if (this.#wanted.length > 0)
      throw new MissingFieldsError({ file, as, wanted: this.#wanted, known }, "--config");
    return { config: this.#config, known };
  }
}
