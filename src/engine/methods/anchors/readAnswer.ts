/** When two answers count as the same. */

const NUMBER = /-?\d+(?:[.,]\d+)*/;

/**
 * Of a reference that is a number: the first number. Of another: its first line, without a full stop, in lower case,
 * white space as one space.
 */
export function normalisedAnswer(text: string, reference: string): string {
  if (NUMBER.test(reference)) return NUMBER.exec(text)?.[0].replaceAll(",", "") ?? "";
  const [line = ""] = text.trimStart().split("\n");
  return line.replace(/\s+/g, " ").trim().replace(/[.;]$/, "").trim().toLowerCase();
}

/** Where the cue ends in a text, whatever white space stands around it; -1 without one. */
export function endOfCue(text: string, cue: string): number {
  const words = cue.trim();
  if (words === "") return -1;
  const at = text.indexOf(words);
  return at < 0 ? -1 : at + words.length;
}
