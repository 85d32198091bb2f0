/** Methods of texts and mappings (`content.split("</think>")`) as Python has them. */
import { isDict, isList, numberOf, tupleOf, typeName, type Callable, type Value } from "./values";

/** What Python counts as white space. */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const [LEADING, TRAILING] = [new RegExp(`^[${SPACE}]+`), new RegExp(`[${SPACE}]+$`)];
const WORD = new RegExp(`[^${SPACE}]+`, "g");

type Side = "both" | "start" | "end";

/** Without the characters at its ends: white space, or any of `chars`. */
export function strip(text: string, side: Side, chars: Value): string {
  if (chars === undefined || chars === null) {
    const rest = side === "end" ? text : text.replace(LEADING, "");
    return side === "start" ? rest : rest.replace(TRAILING, "");
  }
  const set = new Set(textArgument("strip", chars));
  const found = [...text];
  const isKept = (char: string) => !set.has(char);
  const first = side === "end" ? 0 : found.findIndex(isKept);
  const last = side === "start" ? found.length - 1 : found.findLastIndex(isKept);
  return first < 0 ? "" : found.slice(first, last + 1).join("");
}

/** `count`: how many at most, from the left; all if negative. */
export function replace(text: string, from: string, to: string, count = -1): string {
  if (count < 0) return text.replaceAll(from, () => to);
  const parts = from === "" ? ["", ...text, ""] : text.split(from);
  const head = parts.slice(0, count + 1).join(to);
  const tail = parts.slice(count + 1);
  return tail.length === 0 ? head : [head, ...tail].join(from);
}

function split(text: string, separator: Value, limit: number): string[] {
  if (separator === undefined || separator === null) {
    const words = [...text.matchAll(WORD)];
    const cut = limit < 0 ? undefined : words[limit]?.index;
    const shown = words.slice(0, limit < 0 ? undefined : limit).map(([word]) => word);
    return cut === undefined ? shown : [...shown, text.slice(cut)];
  }
  const parts = separated(text, separator);
  return limit < 0 || parts.length <= limit + 1
    ? parts
    : [...parts.slice(0, limit), parts.slice(limit).join(String(separator))];
}

function splitFromEnd(text: string, separator: Value, limit: number): string[] {
  if (separator === undefined || separator === null) {
    if (limit < 0) return split(text, separator, limit);
    throw new Error("rsplit() without a separator is not supported");
  }
  const parts = separated(text, separator);
  const first = parts.length - limit;
  return limit < 0 || first <= 1
    ? parts
    : [parts.slice(0, first).join(String(separator)), ...parts.slice(first)];
}

function separated(text: string, separator: Value): string[] {
  const mark = textArgument("split", separator);
  if (mark === "") throw new Error("split() has an empty separator");
  return text.split(mark);
}

/** Upper case at the start, lower case in the rest. */
export function capitalized(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
}

const startsOrEnds = (isSo: (text: string) => boolean, marks: Value): boolean =>
  isList(marks)
    ? marks.some((mark) => isSo(textArgument("startswith", mark)))
    : isSo(textArgument("startswith", marks));

export function textArgument(of: string, value: Value): string {
  if (typeof value === "string") return value;
  throw new Error(`${of}() was given ${typeName(value)}, not a text`);
}

type Method<T> = (self: T, args: readonly Value[]) => Value;

const limitOf = (value: Value) => numberOf(value) ?? -1;

const OF_TEXTS: ReadonlyMap<string, Method<string>> = new Map<string, Method<string>>([
  ["upper", (text) => text.toUpperCase()],
  ["lower", (text) => text.toLowerCase()],
  ["capitalize", (text) => capitalized(text)],
  ["strip", (text, [chars]) => strip(text, "both", chars)],
  ["lstrip", (text, [chars]) => strip(text, "start", chars)],
  ["rstrip", (text, [chars]) => strip(text, "end", chars)],
  ["split", (text, [separator, limit]) => split(text, separator, limitOf(limit))],
  ["rsplit", (text, [separator, limit]) => splitFromEnd(text, separator, limitOf(limit))],
  ["startswith", (text, [marks]) => startsOrEnds((mark) => text.startsWith(mark), marks)],
  ["endswith", (text, [marks]) => startsOrEnds((mark) => text.endsWith(mark), marks)],
  [
    "replace",
    (text, [from, to, count]) =>
      replace(text, textArgument("replace", from), textArgument("replace", to), limitOf(count)),
  ],
  ["find", (text, [part]) => codePoints(text, text.indexOf(textArgument("find", part)))],
  ["rfind", (text, [part]) => codePoints(text, text.lastIndexOf(textArgument("rfind", part)))],
  ["count", (text, [part]) => separated(text, part).length - 1],
  [
    "join",
    (text, [items]) => {
      if (!isList(items)) throw new Error(`join() was given ${typeName(items)}, not a list`);
      return items.map((item) => textArgument("join", item)).join(text);
    },
  ],
  [
    "removeprefix",
    (text, [part]) => {
      const prefix = textArgument("removeprefix", part);
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
  ],
  [
    "removesuffix",
    (text, [part]) => {
      const suffix = textArgument("removesuffix", part);
      return suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
    },
  ],
]);

const codePoints = (text: string, at: number) => (at < 0 ? -1 : [...text.slice(0, at)].length);

type Dict = ReadonlyMap<string, Value>;
const OF_DICTS: ReadonlyMap<string, Method<Dict>> = new Map<string, Method<Dict>>([
  [
    "get",
    (dict, [key, otherwise = null]) => (typeof key === "string" && dict.has(key) ? dict.get(key) : otherwise),
  ],
  ["items", (dict) => pairsOf(dict)],
  ["keys", (dict) => [...dict.keys()]],
  ["values", (dict) => [...dict.values()]],
]);

export const pairsOf = (dict: Dict): Value => [...dict].map((pair) => tupleOf(pair));

/** A method of the value by its name, ready to be called; undefined if there is none. */
export function methodOf(value: Value, name: string): Callable | undefined {
  const call = <T>(method: Method<T> | undefined, self: T): Callable | undefined =>
    method &&
    ((args, named) => {
      if (named.size > 0) throw new Error(`${name}() with named arguments is not supported`);
      return method(self, args);
    });
  if (typeof value === "string") return call(OF_TEXTS.get(name), value);
  return isDict(value) ? call(OF_DICTS.get(name), value) : undefined;
}

/** Methods that Python has and that are not written here must not pass for missing attributes. */
const UNSUPPORTED = new Set(
  (
    "append extend insert pop remove index sort reverse copy clear update setdefault popitem format format_map title " +
    "swapcase casefold center ljust rjust zfill splitlines partition rpartition isdigit isalpha isalnum isspace " +
    "isupper islower isnumeric isdecimal istitle isascii isidentifier isprintable rindex expandtabs translate " +
    "encode"
  ).split(" "),
);

export function refuseMethod(value: Value, name: string): void {
  const hasMethods = typeof value === "string" || isList(value) || isDict(value);
  if (hasMethods && UNSUPPORTED.has(name)) throw new Error(`.${name} is not supported`);
}
