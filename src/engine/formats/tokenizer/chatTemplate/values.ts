/**
 * Values of a template as Python has them: what is true, what is equal, and how each is written. A template that
 * prints a list or None prints what Python would; fractions, which Python writes in its own way, are refused.
 */

/** Undefined is Jinja's own: it prints as nothing and has no attributes. Numbers are whole. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Namespace
  | Callable;

export type Callable = (args: readonly Value[], named: ReadonlyMap<string, Value>) => Value;

/** What `namespace()` makes: the one thing that a template may change from inside a loop. */
export class Namespace {
  constructor(readonly entries: Map<string, Value>) {}
}

/** A list that is written with round brackets. */
export class Tuple extends Array<Value> {}

export const tupleOf = (items: readonly Value[]): Value => Tuple.from(items);

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

export const isDict = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;

/** As Python names it, for errors. */
export function typeName(value: Value): string {
  if (value === undefined) return "undefined";
  if (value === null) return "None";
  if (typeof value === "string") return "a text";
  if (typeof value === "number") return "a number";
  if (typeof value === "boolean") return "a truth value";
  if (typeof value === "function") return "a function";
  if (value instanceof Namespace) return "a namespace";
  return isList(value) ? "a list" : "a mapping";
}

export function isTrue(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  if (isDict(value)) return value.size > 0;
  return Boolean(value);
}

/** A whole number; truth values count as 0 and 1. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" ? value : undefined;
}

export function isEqual(a: Value, b: Value): boolean {
  const [m, n] = [numberOf(a), numberOf(b)];
  if (m !== undefined && n !== undefined) return m === n;
  if (isList(a) && isList(b)) {
    const alike = a instanceof Tuple === b instanceof Tuple && a.length === b.length;
    return alike && a.every((item, i) => isEqual(item, b[i]));
  }
  if (isDict(a) && isDict(b)) {
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && isEqual(item, b.get(key)));
  }
  return a === b;
}

/** What a loop goes through: items, keys or characters; nothing where undefined. */
export function itemsOf(value: Value): readonly Value[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [...value];
  if (isList(value)) return value;
  if (isDict(value)) return [...value.keys()];
  throw new Error(`${typeName(value)} cannot be gone through`);
}

/** How `{{ value }}` writes it. */
export function textOf(value: Value): string {
  return value === undefined ? "" : typeof value === "string" ? value : written(value);
}

function written(value: Value): string {
  if (value === undefined) return "Undefined";
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof Tuple) {
    return value.length === 1 ? `(${written(value[0])},)` : `(${value.map(written).join(", ")})`;
  }
  if (isList(value)) return `[${value.map(written).join(", ")}]`;
  if (isDict(value))
    return `{${[...value].map(([key, item]) => `${quoted(key)}: ${written(item)}`).join(", ")}}`;
  throw new Error(`${typeName(value)} is written out, which is not supported`);
}

const ESCAPES = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\\", "\\\\"],
]);

/** A text between quotes: single ones, unless only those are in it. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\\'\p{C}\p{Z}]/gu, (char) => {
    const escape = ESCAPES.get(char);
    if (escape !== undefined) return escape;
    if (char === " ") return char;
    if (char === "'") return quote === "'" ? "\\'" : char;
    const code = char.codePointAt(0) ?? 0;
    const [letter, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
  });
  return quote + inside + quote;
}

export interface JsonStyle {
  readonly indent?: number | undefined;
  readonly separators?: readonly [string, string] | undefined;
  readonly sortKeys?: boolean;
  readonly asciiOnly?: boolean;
}

/** As Python's `json.dumps` writes it. */
export function jsonOf(value: Value, style: JsonStyle, depth = 0): string {
  const { indent, separators, sortKeys = false, asciiOnly = false } = style;
  const [comma, colon] = separators ?? [indent === undefined ? ", " : ",", ": "];
  if (value === null || typeof value === "boolean" || typeof value === "number") return JSON.stringify(value);
  if (typeof value === "string") {
    const json = JSON.stringify(value);
    const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return asciiOnly ? json.replace(/[^\0-\x7f]/g, escaped) : json;
  }
  const isItems = isList(value);
  if (!isItems && !isDict(value)) throw new Error(`${typeName(value)} has no JSON`);
  const [open, close] = isItems ? "[]" : "{}";
  const entries = isItems ? [] : [...value];
  if (sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = isItems
    ? value.map((item) => jsonOf(item, style, depth + 1))
    : entries.map(([key, item]) => jsonOf(key, style) + colon + jsonOf(item, style, depth + 1));
  if (parts.length === 0 || indent === undefined) return `${open}${parts.join(comma)}${close}`;
  const line = (levels: number) => `\n${" ".repeat(indent * levels)}`;
  return `${open}${line(depth + 1)}${parts.join(comma + line(depth + 1))}${line(depth)}${close}`;
}

/** Plain data as a template sees it. */
export function valueOf(data: unknown): Value {
  if (data === null || data === undefined) return data;
  if (typeof data === "string" || typeof data === "boolean") return data;
  if (typeof data === "number" && Number.isSafeInteger(data)) return data;
  if (Array.isArray(data)) return data.map(valueOf);
  if (typeof data === "object") {
    return new Map(Object.entries(data).map(([key, item]) => [key, valueOf(item)] as const));
  }
  throw new Error(`${String(data)} cannot be given to a template`);
}
