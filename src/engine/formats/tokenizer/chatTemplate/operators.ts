/** Operators and tests (`is defined`) of templates, with Python's meaning; every other use is an error. */
import { isDict, isEqual, isList, itemsOf, numberOf, textOf, typeName, type Value } from "./values";

/** All but `and` and `or`, which read their right side only if they need it. */
export function operate(operator: string, a: Value, b: Value): Value {
  switch (operator) {
    case "==":
      return isEqual(a, b);
    case "!=":
      return !isEqual(a, b);
    case "~":
      return textOf(a) + textOf(b);
    case "in":
      return isIn(a, b);
    case "not in":
      return !isIn(a, b);
    case "+":
      if (typeof a === "string" && typeof b === "string") return a + b;
      if (isList(a) && isList(b)) return [...a, ...b];
      break;
    case "*":
      if (typeof a === "string" && typeof b === "number") return a.repeat(Math.max(0, b));
      break;
    case "<":
    case ">":
    case "<=":
    case ">=":
      return isOrdered(operator, a, b);
  }
  const [m, n] = [numberOf(a), numberOf(b)];
  if (m === undefined || n === undefined) {
    throw new Error(`${typeName(a)} ${operator} ${typeName(b)} has no value`);
  }
  const result = calculate(operator, m, n);
  if (Number.isSafeInteger(result)) return result;
  throw new Error(`${m} ${operator} ${n} is no whole number, which is not supported`);
}

function calculate(operator: string, m: number, n: number): number {
  switch (operator) {
    case "+":
      return m + n;
    case "-":
      return m - n;
    case "*":
      return m * n;
    case "//":
      return Math.floor(m / n);
    // The remainder has the sign of the divisor.
    case "%":
      return m - n * Math.floor(m / n);
    case "**":
      return n < 0 ? NaN : m ** n;
    default:
      throw new Error(`operator ${operator} is not supported`);
  }
}

function isOrdered(operator: string, a: Value, b: Value): boolean {
  const areTexts = typeof a === "string" && typeof b === "string";
  const [m, n] = areTexts ? [compareTexts(a, b), 0] : [numberOf(a), numberOf(b)];
  if (m === undefined || n === undefined) {
    throw new Error(`${typeName(a)} ${operator} ${typeName(b)} has no value`);
  }
  switch (operator) {
    case "<":
      return m < n;
    case ">":
      return m > n;
    case "<=":
      return m <= n;
    default:
      return m >= n;
  }
}

/** By code points, as Python orders texts. */
export function compareTexts(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const at = x.findIndex((char, i) => char !== y[i]);
  if (at < 0) return x.length - y.length;
  return (x[at]?.codePointAt(0) ?? 0) - (y[at]?.codePointAt(0) ?? -1);
}

function isIn(item: Value, holder: Value): boolean {
  if (typeof holder === "string") {
    if (typeof item === "string") return holder.includes(item);
    throw new Error(`${typeName(item)} is sought in a text`);
  }
  if (isDict(holder)) return typeof item === "string" && holder.has(item);
  return itemsOf(holder).some((other) => isEqual(item, other));
}

type Test = (value: Value, other?: Value) => boolean;

const isParity =
  (rest: number): Test =>
  (value) => {
    const number = numberOf(value);
    if (number === undefined) throw new Error(`${typeName(value)} is neither odd nor even`);
    return Math.abs(number % 2) === rest;
  };
const isCased =
  (change: (text: string) => string): Test =>
  (value) => {
    const text = textOf(value);
    return change(text) === text && /\p{L}/u.test(text);
  };

export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["defined", (value) => value !== undefined],
  ["undefined", (value) => value === undefined],
  ["none", (value) => value === null],
  ["string", (value) => typeof value === "string"],
  ["number", (value) => numberOf(value) !== undefined],
  ["integer", (value) => typeof value === "number"],
  ["float", () => false],
  ["boolean", (value) => typeof value === "boolean"],
  ["true", (value) => value === true],
  ["false", (value) => value === false],
  ["mapping", isDict],
  ["iterable", (value) => typeof value === "string" || value === undefined || isList(value) || isDict(value)],
  ["sequence", (value) => typeof value === "string" || value === undefined || isList(value) || isDict(value)],
  ["callable", (value) => typeof value === "function"],
  ["odd", isParity(1)],
  ["even", isParity(0)],
  ["lower", isCased((text) => text.toLowerCase())],
  ["upper", isCased((text) => text.toUpperCase())],
  ["equalto", isEqual],
  ["eq", isEqual],
  ["==", isEqual],
  ["ne", (a, b) => !isEqual(a, b)],
  ["!=", (a, b) => !isEqual(a, b)],
  ["in", (a, b) => isIn(a, b)],
]);

export function testNamed(name: string): Test {
  const test = TESTS.get(name);
  if (test) return test;
  throw new Error(`the test "is ${name}" is not supported`);
}
