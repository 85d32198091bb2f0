/**
 * `a < b < c` means "a < b and b < c" in a template; the library's parser reads it as (a < b) < c and forgets where brackets
 * stood, so that a chain has to be found in the tokens, before.
 */
interface Token {
  readonly type: string;
  readonly value: string;
}

const OPENS = new Set([
  "OpenParen",
  "OpenSquareBracket",
  "OpenCurlyBracket",
  "OpenExpression",
  "OpenStatement",
]);
const CLOSES = new Set([
  "CloseParen",
  "CloseSquareBracket",
  "CloseCurlyBracket",
  "CloseExpression",
  "CloseStatement",
]);
/** What a comparison cannot reach across. */
const PARTS = new Set(["Comma", "Colon", "Equals"]);
const PARTING_WORDS = new Set(["and", "or", "if", "else", "set", "elif", "for"]);

export function refuseChains(tokens: readonly Token[]): void {
  /** For each open bracket: whether a comparison stands in it since it was last parted. */
  const compared: boolean[] = [];
  let isAfterDot = false;
  let isFor = false;
  for (const { type, value } of tokens) {
    const isWord = type === "Identifier" && !isAfterDot;
    isAfterDot = type === "Dot";
    if (OPENS.has(type)) compared.push(false);
    else if (CLOSES.has(type)) compared.pop();
    else if (PARTS.has(type) || (isWord && PARTING_WORDS.has(value))) compared.splice(-1, 1, false);
    else if (type === "ComparisonBinaryOperator" || (isWord && value === "in" && !isFor)) {
      if (compared.at(-1))
        throw new Error("comparisons in a chain (a < b < c) are not supported; write them with and");
      compared.splice(-1, 1, true);
    }
    // The first "in" after "for" is the loop's.
    if (isWord && value === "for") isFor = true;
    else if (isWord && value === "in") isFor = false;
  }
}
