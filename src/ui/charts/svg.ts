/** What every figure for paper is made of: text that cannot break out, a white sheet, its caption below. */

export const escaped = (text: string) => text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Colours on paper. */
export const PAPER = {
  ink: "#1b1f24",
  muted: "#59626d",
  line: "#d6dade",
  raises: "#b85a00",
  lowers: "#2a6cab",
  /** The two sides of a comparison; a difference, first minus second, is above zero in the first's colour. */
  sideA: "#b85a00",
  sideB: "#2a6cab",
} as const;

export function svgText(x: number, y: number, content: string, extra = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" ${extra}>${escaped(content)}</text>`;
}

export const round = (value: number) => Math.round(value * 100) / 100;

/** Lines of at most so many characters, broken between words. */
export function wrapped(text: string, characters: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + word.length + 1 > characters) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

/** Width of a character of the caption, px. */
const CAPTION_CHARACTER = 5.6;
const CAPTION_LINE = 15;
const TITLE_SPACE = 34;

/** A whole figure: title, drawing of the given size, caption. */
export function svgFigure(
  { title, caption, width, height }: { title: string; caption: string; width: number; height: number },
  drawing: readonly string[],
): string {
  const full = Math.max(width, 360);
  const lines = wrapped(caption, Math.floor((full - 24) / CAPTION_CHARACTER));
  const total = TITLE_SPACE + height + 14 + lines.length * CAPTION_LINE + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(full)}" height="${round(total)}" viewBox="0 0 ${round(full)} ${round(total)}" font-family="sans-serif" font-size="13" fill="${PAPER.ink}">`,
    `<rect width="${round(full)}" height="${round(total)}" fill="#ffffff"/>`,
    svgText(12, 21, title, 'font-weight="600"'),
    `<g transform="translate(0 ${TITLE_SPACE})">`,
    ...drawing,
    "</g>",
    ...lines.map((line, i) =>
      svgText(12, TITLE_SPACE + height + 18 + i * CAPTION_LINE, line, `font-size="11" fill="${PAPER.muted}"`),
    ),
    "</svg>",
  ].join("\n");
}
