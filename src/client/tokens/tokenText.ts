/** How a token's text is written in the strip: what cannot be seen gets a sign. */

export interface TokenMarks {
  /** Signs for white space before the text. */
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

const ALWAYS: Readonly<Record<string, string>> = { "\n": "⏎", "\r": "␍", "\t": "⇥" };

/** Line ends and tabs always show; spaces as a dot when asked, or where the token holds nothing else. */
export function tokenMarks(text: string, showSpaces: boolean): TokenMarks {
  const [, before = "", middle = "", after = ""] = /^(\s*)(.*?)(\s*)$/s.exec(text) ?? [];
  const space = middle === "" || showSpaces ? "·" : "";
  const signs = (white: string) => [...white].map((char) => ALWAYS[char] ?? space).join("");
  const inner = middle.replace(/[\n\r\t]/g, (char) => ALWAYS[char] ?? char);
  return { before: signs(before), text: inner, after: signs(after) };
}

/** The same as one string, for labels of axes and tables. */
export function tokenLabel(text: string): string {
  const { before, text: inner, after } = tokenMarks(text, false);
  return before + inner + after;
}
