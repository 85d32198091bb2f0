/** `\boxed{…}`, in which mathematical chains give their answer. */

const OPEN = "\\boxed{";

/** Where the last one's content begins and ends, braces inside it counted. */
export function lastBoxed(text: string): { readonly start: number; readonly end: number } | undefined {
  const at = text.lastIndexOf(OPEN);
  if (at < 0) return undefined;
  const start = at + OPEN.length;
  let depth = 1;
  for (let end = start; end < text.length; end++) {
    if (text[end] === "{") depth++;
    else if (text[end] === "}" && --depth === 0) return end > start ? { start, end } : undefined;
  }
  return undefined;
}

/** Where a `\boxed{` itself begins. */
export const boxedFrom = (start: number) => start - OPEN.length;
