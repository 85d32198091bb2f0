/**
 * A list of texts inside a text: as JSON writes it, or as Python and numpy print it (single quotes, commas or white
 * space between the items), which is what tables that were saved by pandas hold. One pass, no evaluation.
 */
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Undefined where the text is no list. */
export function stringList(text: string): string[] | undefined {
  const list = text.trim();
  if (!list.startsWith("[") || !list.endsWith("]")) return undefined;
  try {
    const parsed: unknown = JSON.parse(list);
    return Array.isArray(parsed) ? (parsed as string[]) : undefined;
  } catch {
    return printedList(list);
  }
}

function printedList(list: string): string[] | undefined {
  const items: string[] = [];
  let at = 1;
  while (at < list.length - 1) {
    const quote = list[at] ?? "";
    if (/[\s,]/.test(quote)) {
      at++;
      continue;
    }
    if (quote !== "'" && quote !== '"') return undefined;
    const parts: string[] = [];
    at++;
    for (;;) {
      // Up to the next character that means something: text between is taken as one piece.
      let end = at;
      while (end < list.length && list[end] !== quote && list[end] !== "\\") end++;
      if (end >= list.length) return undefined;
      parts.push(list.slice(at, end));
      at = end + 1;
      if (list[end] === quote) break;
      const letter = list[at] ?? "";
      const digits = HEX_DIGITS[letter];
      if (digits === undefined) {
        parts.push(
          ESCAPES[letter] ?? (letter === "'" || letter === '"' || letter === "\\" ? letter : `\\${letter}`),
        );
        at++;
        continue;
      }
      const code = Number.parseInt(list.slice(at + 1, at + 1 + digits), 16);
      if (!(code <= 0x10ffff)) return undefined;
      parts.push(String.fromCodePoint(code));
      at += 1 + digits;
    }
    items.push(parts.join(""));
  }
  return items;
}
