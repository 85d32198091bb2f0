/**
 * Chat templates as Hugging Face renders them: Jinja with `trim_blocks`, `lstrip_blocks`, break and continue, and the
 * functions `raise_exception` and `strftime_now`. The library @huggingface/jinja reads the text; what it then writes differs
 * from Python in places that templates use (`strip("\n")`, assignments in loops, None and True, text before a break), so
 * the tree is run here. What is not supported is refused by name: a wrong prompt would look like a right one.
 */
import { parse, tokenize } from "@huggingface/jinja";
import { refuseChains } from "./chains";
import type { Node } from "./nodes";
import { entriesOf, render, Scope } from "./render";
import { strftime } from "./strftime";
import { Namespace, numberOf, textOf, typeName, valueOf, type Callable, type Value } from "./values";

/** `given`: plain data by name, such as `messages`. Throws a plain Error that says what cannot be done. */
export function renderChatTemplate(
  template: string,
  given: Readonly<Record<string, unknown>>,
  now = new Date(),
): string {
  const source = template.replace(/\r\n?/g, "\n");
  refuseMisread(source);
  const tokens = tokenize(source, { lstrip_blocks: true, trim_blocks: true });
  refuseChains(tokens);
  const { body } = parse(tokens) as unknown as { readonly body: readonly Node[] };
  const globals = new Scope();
  for (const [name, value] of [...constants(now), ...Object.entries(given)]) {
    globals.set(name, typeof value === "function" ? (value as Callable) : valueOf(value));
  }
  let text = "";
  if (render(body, new Scope(globals), (part) => (text += part)) !== "on") {
    throw new Error("break or continue stands outside a loop");
  }
  return text;
}

/** What the library's reading of white space and of `generation` takes for something else. */
function refuseMisread(source: string): void {
  if (/^[ \t]+\{-/m.test(source) || /-\}\n/.test(source)) {
    throw new Error("a line that begins with {- or ends with -} is not supported");
  }
  const count = (tag: string) => source.match(new RegExp(`\\{%-?\\s*${tag}\\s*-?%\\}`, "g"))?.length ?? 0;
  if (count("generation") !== count("endgeneration")) throw new Error("a generation block is not closed");
}

function constants(now: Date): [string, unknown][] {
  const truths = [true, false, null].flatMap((value): [string, unknown][] => {
    const name = value === null ? "none" : String(value);
    return [
      [name, value],
      [name.charAt(0).toUpperCase() + name.slice(1), value],
    ];
  });
  const functions: Record<string, Callable> = {
    range: (args) => range(args),
    namespace: (args, named) => new Namespace(entriesOf("namespace", args, named)),
    dict: (args, named) => entriesOf("dict", args, named),
    strftime_now: ([format]) => strftime(now, textOf(format)),
    raise_exception([message]) {
      throw new Error(textOf(message));
    },
  };
  return [...truths, ...Object.entries(functions)];
}

const MAX_RANGE = 100_000;

function range(args: readonly Value[]): Value {
  const [a, b, step = 1] = args.map((value) => {
    const number = numberOf(value);
    if (number === undefined) throw new Error(`range() was given ${typeName(value)}`);
    return number;
  });
  const [start, stop] = b === undefined ? [0, a ?? 0] : [a ?? 0, b];
  const count = step === 0 ? NaN : Math.max(0, Math.ceil((stop - start) / step));
  if (!(count <= MAX_RANGE)) throw new Error(`range() of ${count} numbers is not supported`);
  return Array.from({ length: count }, (_, i) => start + i * step);
}
