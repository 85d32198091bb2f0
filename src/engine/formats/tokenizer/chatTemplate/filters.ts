/** Filters of templates (`content | trim`) as Jinja has them, with `tojson` as Hugging Face sets it. */
import { capitalized, pairsOf, replace, strip, textArgument } from "./methods";
import { compareTexts, testNamed } from "./operators";
import {
  isDict,
  isEqual,
  isList,
  isTrue,
  itemsOf,
  jsonOf,
  numberOf,
  textOf,
  typeName,
  type Value,
} from "./values";

/** `options` holds the arguments after the value, by the names that Jinja gives them. */
interface Filter {
  readonly names: readonly string[];
  apply(value: Value, options: Record<string, Value>): Value;
}

const filter = (names: string, apply: Filter["apply"]): Filter => ({
  names: names.split(" ").filter(Boolean),
  apply,
});

/** Undefined counts as empty. */
function lengthOf(value: Value): number {
  if (isDict(value)) return value.size;
  if (value === null || typeof value === "number" || typeof value === "boolean") {
    throw new Error(`${typeName(value)} has no length`);
  }
  return itemsOf(value).length;
}

function otherwise(value: Value, { default_value: fallback = "", boolean }: Record<string, Value>): Value {
  return value === undefined || (isTrue(boolean) && !isTrue(value)) ? fallback : value;
}

function toJson(value: Value, options: Record<string, Value>): string {
  const { indent, separators, sort_keys: sortKeys, ensure_ascii: asciiOnly } = options;
  const [comma, colon] = isList(separators) ? separators : [];
  return jsonOf(value, {
    indent: numberOf(indent),
    ...(typeof comma === "string" && typeof colon === "string" && { separators: [comma, colon] }),
    sortKeys: isTrue(sortKeys),
    asciiOnly: isTrue(asciiOnly),
  });
}

/** "a.b" or "0": what an attribute path leads to. */
function attributeOf(item: Value, path: Value): Value {
  if (typeof path === "number") return isList(item) ? item.at(path) : undefined;
  return textArgument("attribute", path)
    .split(".")
    .reduce((at: Value, part) => {
      if (isDict(at)) return at.get(part);
      return isList(at) && /^\d+$/.test(part) ? at[Number(part)] : undefined;
    }, item);
}

function mapped(
  value: Value,
  { filter: name, attribute, default: fallback, ...rest }: Record<string, Value>,
): Value {
  if (attribute !== undefined) {
    return itemsOf(value).map((item) => attributeOf(item, attribute) ?? fallback);
  }
  const { apply } = filterNamed(textArgument("map", name));
  if (Object.values(rest).some((option) => option !== undefined))
    throw new Error("map() with options is not supported");
  return itemsOf(value).map((item) => apply(item, {}));
}

/** Items that pass, or do not pass, a test of themselves or of an attribute. */
const chosen =
  (hasAttribute: boolean, passes: boolean): Filter["apply"] =>
  (value, { attribute, test, other }) =>
    itemsOf(value).filter((item) => {
      const tested = hasAttribute ? attributeOf(item, attribute) : item;
      const holds =
        test === undefined ? isTrue(tested) : testNamed(textArgument("test", test))(tested, other);
      return holds === passes;
    });

function joined(value: Value, { d = "", attribute }: Record<string, Value>): string {
  const items = itemsOf(value);
  return items
    .map((item) => textOf(attribute === undefined ? item : attributeOf(item, attribute)))
    .join(textOf(d));
}

function sorted(value: Value, options: Record<string, Value>): Value {
  const { reverse, case_sensitive: isCased, attribute } = options;
  const key = (item: Value) => {
    const found = attribute === undefined ? item : attributeOf(item, attribute);
    return typeof found === "string" && !isTrue(isCased) ? found.toLowerCase() : found;
  };
  const compare = (a: Value, b: Value) => {
    if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
    const [m, n] = [numberOf(a), numberOf(b)];
    if (m !== undefined && n !== undefined) return m - n;
    throw new Error(`${typeName(a)} and ${typeName(b)} cannot be sorted`);
  };
  const sign = isTrue(reverse) ? -1 : 1;
  return [...itemsOf(value)].sort((a, b) => sign * compare(key(a), key(b)));
}

/** Each text once; texts that differ only in case are the same unless told otherwise. */
function unique(value: Value, { case_sensitive: isCased }: Record<string, Value>): Value {
  const key = (item: Value) => (typeof item === "string" && !isTrue(isCased) ? item.toLowerCase() : item);
  const items = itemsOf(value);
  return items.filter((item, i) => items.findIndex((other) => isEqual(key(other), key(item))) === i);
}

function indented(value: Value, { width = 4, first, blank }: Record<string, Value>): string {
  const space = typeof width === "string" ? width : " ".repeat(numberOf(width) ?? 4);
  return textOf(value)
    .split("\n")
    .map((line, i) =>
      (i === 0 && !isTrue(first)) || (i > 0 && line === "" && !isTrue(blank)) ? line : space + line,
    )
    .join("\n");
}

function wholeNumber(value: Value, { default: fallback = 0 }: Record<string, Value>): Value {
  const text = typeof value === "string" ? strip(value, "both", undefined) : "";
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : numberOf(value);
  if (number !== undefined && Number.isSafeInteger(number)) return number;
  if (/\d/.test(text)) throw new Error(`int of ${JSON.stringify(value)} is not supported`);
  return fallback;
}

/** A word begins after white space, a hyphen or a bracket. */
const titled = (text: string) =>
  text
    .split(/([-\s({[<]+)/u)
    .map(capitalized)
    .join("");

const firstOf = (value: Value) => itemsOf(value)[0];
const lastOf = (value: Value) => itemsOf(value).at(-1);

function reversed(value: Value): Value {
  const items = [...itemsOf(value)].reverse();
  return typeof value === "string" ? items.join("") : items;
}

function itemsOfDict(value: Value): Value {
  if (value === undefined) return [];
  if (isDict(value)) return pairsOf(value);
  throw new Error(`${typeName(value)} has no items`);
}

const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ["trim", filter("chars", (value, { chars }) => strip(textOf(value), "both", chars))],
  ["length", filter("", lengthOf)],
  ["count", filter("", lengthOf)],
  ["upper", filter("", (value) => textOf(value).toUpperCase())],
  ["lower", filter("", (value) => textOf(value).toLowerCase())],
  ["capitalize", filter("", (value) => capitalized(textOf(value)))],
  ["title", filter("", (value) => titled(textOf(value)))],
  ["string", filter("", textOf)],
  ["safe", filter("", textOf)],
  ["int", filter("default", wholeNumber)],
  ["abs", filter("", (value) => Math.abs(numberOf(value) ?? refuseAbs(value)))],
  ["default", filter("default_value boolean", otherwise)],
  ["d", filter("default_value boolean", otherwise)],
  ["tojson", filter("ensure_ascii indent separators sort_keys", toJson)],
  ["first", filter("", firstOf)],
  ["last", filter("", lastOf)],
  ["list", filter("", (value) => [...itemsOf(value)])],
  ["items", filter("", itemsOfDict)],
  ["reverse", filter("", reversed)],
  ["sort", filter("reverse case_sensitive attribute", sorted)],
  ["unique", filter("case_sensitive", unique)],
  ["join", filter("d attribute", joined)],
  ["map", filter("filter attribute default", mapped)],
  ["select", filter("test other", chosen(false, true))],
  ["reject", filter("test other", chosen(false, false))],
  ["selectattr", filter("attribute test other", chosen(true, true))],
  ["rejectattr", filter("attribute test other", chosen(true, false))],
  ["indent", filter("width first blank", indented)],
  [
    "replace",
    filter("old new count", (value, { old, new: to, count }) =>
      replace(textOf(value), textOf(old), textOf(to), numberOf(count) ?? -1),
    ),
  ],
]);

function refuseAbs(value: Value): never {
  throw new Error(`${typeName(value)} has no absolute value`);
}

function filterNamed(name: string): Filter {
  const found = FILTERS.get(name);
  if (found) return found;
  throw new Error(`the filter "${name}" is not supported`);
}

export function applyFilter(
  name: string,
  value: Value,
  args: readonly Value[],
  named: ReadonlyMap<string, Value>,
): Value {
  const { names, apply } = filterNamed(name);
  const odd = [...named.keys()].find((key) => !names.includes(key));
  if (args.length > names.length || odd !== undefined) {
    throw new Error(
      `the filter "${name}" was given ${odd ?? `${args.length} values`}, which is not supported`,
    );
  }
  return apply(
    value,
    Object.fromEntries([
      ...names.map((key, i) => [key, args[i]] as const).filter(([, v]) => v !== undefined),
      ...named,
    ]),
  );
}
