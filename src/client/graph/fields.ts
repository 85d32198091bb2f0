/** Fields of a graph's JSON, read as somebody's words: of the wrong kind they are as good as missing. */

export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});

/** A field of its own, never one that every object has. */
export const fieldOf = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

/** A finite number, also where it is written as a text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;

/** A value in a sentence about it. */
export const shown = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 40);

/** Counts what happens again and again, and keeps the first of each kind as an example. */
export class Notes {
  readonly #seen = new Map<string, { count: number; first: string }>();

  /** `words` is the sentence without its count; `place` where it happened. */
  add(words: string, place: string): void {
    const seen = this.#seen.get(words);
    if (seen) seen.count++;
    else this.#seen.set(words, { count: 1, first: place });
  }

  get list(): string[] {
    return [...this.#seen].map(([words, { count, first }]) =>
      count === 1 ? `${first}: ${words}.` : `${first} and ${count - 1} more: ${words}.`,
    );
  }
}
