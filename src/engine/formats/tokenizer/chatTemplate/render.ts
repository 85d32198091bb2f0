/** Statements of a template: conditions, loops, assignments and macros, each with Jinja's own scopes. */
import { evaluate, filtered, type Names } from "./evaluate";
import type { Node } from "./nodes";
import { isDict, isList, isTrue, itemsOf, Namespace, textOf, typeName, type Value } from "./values";

/** A loop's turn and a macro's call see what is around them; what they set ends with them. */
export class Scope implements Names {
  readonly #own = new Map<string, Value>();

  constructor(private readonly around?: Scope) {}

  get(name: string): Value {
    return this.#own.has(name) ? this.#own.get(name) : this.around?.get(name);
  }

  set(name: string, value: Value): void {
    this.#own.set(name, value);
  }
}

/** Leaves a loop's turn; what the turn wrote before stays. */
type Flow = "on" | "break" | "continue";

/** Writes the body's text by `write`. */
export function render(body: readonly Node[], scope: Scope, write: (text: string) => void): Flow {
  for (const node of body) {
    const flow = renderOne(node, scope, write);
    if (flow !== "on") return flow;
  }
  return "on";
}

function textOfBody(body: readonly Node[], scope: Scope): string {
  let text = "";
  const flow = render(body, scope, (part) => (text += part));
  if (flow !== "on") throw new Error(`${flow} stands inside a macro or a block, which is not supported`);
  return text;
}

function renderOne(node: Node, scope: Scope, write: (text: string) => void): Flow {
  switch (node.type) {
    case "Comment":
      return "on";
    case "Break":
      return "break";
    case "Continue":
      return "continue";
    case "If":
      return render(isTrue(evaluate(node.test, scope)) ? node.body : node.alternate, scope, write);
    case "For":
      return loop(node, scope, write);
    case "Set": {
      const { value, body } = node;
      assign(node.assignee, value ? evaluate(value, scope) : textOfBody(body, new Scope(scope)), scope);
      return "on";
    }
    case "Macro":
      scope.set(node.name.value, macro(node, scope));
      return "on";
    case "FilterStatement":
      write(textOf(filtered(textOfBody(node.body, new Scope(scope)), node.filter, scope)));
      return "on";
    default:
      write(textOf(evaluate(node, scope)));
      return "on";
  }
}

function assign(target: Node, value: Value, scope: Scope): void {
  if (target.type === "Identifier") return scope.set(target.value, value);
  if (target.type === "TupleLiteral") {
    const items = itemsOf(value);
    if (items.length !== target.value.length) {
      throw new Error(`${items.length} values are set to ${target.value.length} names`);
    }
    target.value.forEach((part, i) => assign(part, items[i], scope));
    return;
  }
  if (target.type !== "MemberExpression" || target.property.type !== "Identifier") {
    throw new Error(`${target.type} cannot be set`);
  }
  const holder = evaluate(target.object, scope);
  if (!(holder instanceof Namespace))
    throw new Error(`an entry of ${typeName(holder)} is set; only a namespace's can be`);
  holder.entries.set(target.property.value, value);
}

function loop(node: Extract<Node, { type: "For" }>, scope: Scope, write: (text: string) => void): Flow {
  const { iterable, loopvar } = node;
  const isSelect = iterable.type === "SelectExpression";
  const all = itemsOf(evaluate(isSelect ? iterable.lhs : iterable, scope));
  const items = isSelect
    ? all.filter((item) => {
        const turn = new Scope(scope);
        assign(loopvar, item, turn);
        return isTrue(evaluate(iterable.test, turn));
      })
    : all;
  if (items.length === 0) return render(node.defaultBlock, scope, write);
  for (const i of items.keys()) {
    const turn = new Scope(scope);
    turn.set("loop", loopAt(items, i));
    assign(loopvar, items[i], turn);
    if (render(node.body, turn, write) === "break") break;
  }
  return "on";
}

function loopAt(items: readonly Value[], i: number): Value {
  return new Map<string, Value>([
    ["index", i + 1],
    ["index0", i],
    ["revindex", items.length - i],
    ["revindex0", items.length - i - 1],
    ["first", i === 0],
    ["last", i === items.length - 1],
    ["length", items.length],
    ["depth", 1],
    ["previtem", items[i - 1]],
    ["nextitem", items[i + 1]],
    ["cycle", (given) => given[i % given.length]],
  ]);
}

function macro({ name, args: parameters, body }: Extract<Node, { type: "Macro" }>, scope: Scope): Value {
  return (given, named) => {
    if (given.length > parameters.length) throw new Error(`${name.value}() was given ${given.length} values`);
    const inside = new Scope(scope);
    const left = new Map(named);
    parameters.forEach((parameter, i) => {
      const isNamed = parameter.type === "KeywordArgumentExpression";
      const key = isNamed ? parameter.key.value : parameter.type === "Identifier" ? parameter.value : "";
      const isGiven = i < given.length || left.has(key);
      const otherwise = isNamed && !isGiven ? evaluate(parameter.value, inside) : undefined;
      inside.set(key, isGiven ? (i < given.length ? given[i] : left.get(key)) : otherwise);
      left.delete(key);
    });
    const [odd] = left.keys();
    if (odd !== undefined) throw new Error(`${name.value}() has no parameter ${odd}`);
    return textOfBody(body, inside);
  };
}

/** What `namespace()` and `dict()` are given: a mapping, or names with their values. */
export function entriesOf(
  of: string,
  args: readonly Value[],
  named: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const [first, ...more] = args;
  if (more.length > 0 || (first !== undefined && !isDict(first))) {
    throw new Error(
      `${of}() was given ${isList(first) ? "a list" : typeName(first)}, which is not supported`,
    );
  }
  return new Map([...(first === undefined ? [] : first), ...named]);
}
