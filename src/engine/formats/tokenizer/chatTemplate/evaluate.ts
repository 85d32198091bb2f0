/** Expressions of a template: what each has for a value, in Python's sense. */
import { applyFilter } from "./filters";
import { methodOf, refuseMethod } from "./methods";
import type { Node } from "./nodes";
import { operate, testNamed } from "./operators";
import { isDict, isList, isTrue, Namespace, numberOf, tupleOf, typeName, type Value } from "./values";

/** Names that an expression can see. */
export interface Names {
  get(name: string): Value;
}

export function evaluate(node: Node, names: Names): Value {
  const of = (part: Node) => evaluate(part, names);
  switch (node.type) {
    case "StringLiteral":
    case "IntegerLiteral":
      return node.value;
    case "ArrayLiteral":
      return node.value.map(of);
    case "TupleLiteral":
      return tupleOf(node.value.map(of));
    case "ObjectLiteral":
      return new Map([...node.value].map(([key, item]) => [keyOf(of(key)), of(item)] as const));
    case "Identifier":
      return names.get(node.value);
    case "MemberExpression":
      return memberOf(node, names);
    case "CallExpression":
      return call(node, names);
    case "UnaryExpression":
      return unary(node.operator.value, of(node.argument));
    case "BinaryExpression":
      return binary(node, names);
    case "FilterExpression":
      return filtered(of(node.operand), node.filter, names);
    case "TestExpression":
      return testNamed(node.test.value)(of(node.operand)) !== node.negate;
    case "SelectExpression":
      return isTrue(of(node.test)) ? of(node.lhs) : undefined;
    case "Ternary":
      return of(isTrue(of(node.condition)) ? node.trueExpr : node.falseExpr);
    default:
      throw new Error(`${node.type} is not supported`);
  }
}

function keyOf(key: Value): string {
  if (typeof key === "string") return key;
  throw new Error(`${typeName(key)} is a key of a mapping, which is not supported`);
}

function binary(node: Extract<Node, { type: "BinaryExpression" }>, names: Names): Value {
  const operator = node.operator.value;
  const left = evaluate(node.left, names);
  if (operator === "and" && !isTrue(left)) return left;
  if (operator === "or" && isTrue(left)) return left;
  const right = evaluate(node.right, names);
  return operator === "and" || operator === "or" ? right : operate(operator, left, right);
}

function unary(operator: string, value: Value): Value {
  if (operator === "not") return !isTrue(value);
  const number = numberOf(value);
  if (number === undefined) throw new Error(`${operator} of ${typeName(value)} has no value`);
  return operator === "-" ? -number : number;
}

function memberOf(node: Extract<Node, { type: "MemberExpression" }>, names: Names): Value {
  const { object: holder, property, computed } = node;
  const object = evaluate(holder, names);
  if (object === undefined) {
    throw new Error(`${spelled(holder)} is undefined, and something of it is read`);
  }
  if (property.type === "SliceExpression") return sliceOf(object, property, names);
  const key = !computed && property.type === "Identifier" ? property.value : evaluate(property, names);
  if (typeof key !== "string") return itemAt(object, key);
  const entry =
    object instanceof Namespace ? object.entries.get(key) : isDict(object) ? object.get(key) : undefined;
  const isEntry = isDict(object) && object.has(key);
  // A dot prefers the method, brackets the entry.
  if (computed && isEntry) return entry;
  const method = methodOf(object, key);
  if (method) return method;
  if (!isEntry) refuseMethod(object, key);
  return entry;
}

function itemAt(object: Value, key: Value): Value {
  const at = numberOf(key);
  if (at === undefined) throw new Error(`${typeName(object)} is read at ${typeName(key)}`);
  if (typeof object === "string") return [...object].at(at);
  return isList(object) ? object.at(at) : undefined;
}

function sliceOf(object: Value, node: Extract<Node, { type: "SliceExpression" }>, names: Names): Value {
  const bound = (part: Node | undefined) => {
    const value = part && evaluate(part, names);
    if (value === undefined || value === null) return undefined;
    const number = numberOf(value);
    if (number === undefined) throw new Error(`a slice has ${typeName(value)} for a bound`);
    return number;
  };
  const bounds = [bound(node.start), bound(node.stop), bound(node.step)] as const;
  if (typeof object === "string") return slice([...object], ...bounds).join("");
  if (isList(object)) return slice([...object], ...bounds);
  throw new Error(`${typeName(object)} cannot be sliced`);
}

function slice<T>(items: readonly T[], start?: number, stop?: number, step = 1): T[] {
  if (step === 0) throw new Error("a slice has a step of 0");
  const size = items.length;
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (at: number) => Math.min(highest, Math.max(lowest, at < 0 ? at + size : at));
  const first = start === undefined ? (step > 0 ? lowest : highest) : clamp(start);
  const end = stop === undefined ? (step > 0 ? highest : lowest) : clamp(stop);
  const chosen: T[] = [];
  for (let at = first; step > 0 ? at < end : at > end; at += step) chosen.push(...items.slice(at, at + 1));
  return chosen;
}

function call(node: Extract<Node, { type: "CallExpression" }>, names: Names): Value {
  const callee = evaluate(node.callee, names);
  if (typeof callee !== "function") throw new Error(`${spelled(node.callee)} cannot be called`);
  const { args, named } = argumentsOf(node.args, names);
  return callee(args, named);
}

interface Arguments {
  readonly args: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

function argumentsOf(nodes: readonly Node[], names: Names): Arguments {
  const args: Value[] = [];
  const named = new Map<string, Value>();
  for (const node of nodes) {
    if (node.type === "KeywordArgumentExpression") named.set(node.key.value, evaluate(node.value, names));
    else args.push(evaluate(node, names));
  }
  return { args, named };
}

/** `filter`: its name, or its name with arguments. */
export function filtered(value: Value, filter: Node, names: Names): Value {
  const isCall = filter.type === "CallExpression";
  const { args, named } = argumentsOf(isCall ? filter.args : [], names);
  return applyFilter(spelled(isCall ? filter.callee : filter), value, args, named);
}

/** The expression as it stands in the template, in short. */
function spelled(node: Node): string {
  if (node.type === "Identifier") return node.value;
  if (node.type !== "MemberExpression") return "a value";
  const { object, property } = node;
  if (property.type === "Identifier") return `${spelled(object)}.${property.value}`;
  return property.type === "StringLiteral" ? `${spelled(object)}.${property.value}` : `${spelled(object)}[…]`;
}
