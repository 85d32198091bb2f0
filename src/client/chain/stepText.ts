/** Text of a step as people edit it: words, with the white space around them left alone. */

export interface Step {
  /** Stays with the step while others are split, merged or removed. */
  readonly id: number;
  readonly text: string;
  readonly present: boolean;
}

/** `words` in place of those of `old`, between the same white space. What had no text yet gets a space before. */
export function keepingSpace(old: string, words: string): string {
  const core = words.trim();
  if (core === "") return "";
  if (old === "") return ` ${core}`;
  const [lead = ""] = /^\s*/.exec(old) ?? [];
  return lead + core + old.slice(old.trimEnd().length);
}

/** The words of a text, each with the white space before it; the last one keeps what follows it, too. */
function wordsOf(text: string): string[] {
  const words = text.match(/\s*\S+/g) ?? [];
  const tail = text.slice(text.trimEnd().length);
  return words.map((word, i) => (i === words.length - 1 ? word + tail : word));
}

/** Two texts, cut before the word at `index` (counted from 0); undefined where there is nothing to cut. */
export function cutAtWord(text: string, index: number): [string, string] | undefined {
  const words = wordsOf(text);
  if (!Number.isInteger(index) || index < 1 || index >= words.length) return undefined;
  return [words.slice(0, index).join(""), words.slice(index).join("")];
}
