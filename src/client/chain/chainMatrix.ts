/**
 * What players do to later tokens, brought together: players or their sentences or their classes down, tokens or steps or
 * classes across. Cells are sums of Shapley values of log p, in nats; NaN where nothing can be: an effect lies behind its
 * cause.
 */
import type { TokenMatrix } from "../../protocol/chain";
import type { ChainToken } from "./effect";

export const MATRIX_ROWS = ["players", "sentences", "classes"] as const;
export const MATRIX_COLUMNS = ["tokens", "steps", "classes"] as const;
export type MatrixRows = (typeof MATRIX_ROWS)[number];
export type MatrixColumns = (typeof MATRIX_COLUMNS)[number];

/** What a token is. A number is computed right behind an equals sign or as the first of its value, else copied. */
export const TOKEN_CLASSES = ["copied number", "computed number", "operator", "word"] as const;
export type TokenClass = (typeof TOKEN_CLASSES)[number];

const NUMBER = /\d+(?:[.,]\d+)*/g;
const OPERATOR = /^[-+*/=×÷%^<>−]+$/;

/** The class of every token behind the prompt. A number of several tokens has one class. */
export function tokenClasses(prompt: string, tokens: readonly ChainToken[]): TokenClass[] {
  const seen = new Set(prompt.match(NUMBER) ?? []);
  const classes = tokens.map(({ text }): TokenClass => (OPERATOR.test(text.trim()) ? "operator" : "word"));
  const whole = tokens.map(({ text }) => text).join("");
  for (const { 0: number, index } of whole.matchAll(NUMBER)) {
    const isResult = /[=≈]\s*$/.test(whole.slice(0, index));
    const own: TokenClass = seen.has(number) && !isResult ? "copied number" : "computed number";
    seen.add(number);
    let at = 0;
    tokens.forEach(({ text }, i) => {
      if (at < index + number.length && at + text.length > index) classes[i] = own;
      at += text.length;
    });
  }
  return classes;
}

export interface ChainMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
  readonly rowLabels: readonly string[];
  readonly colLabels: readonly string[];
  /** How many players a row, how many tokens a column brings together. */
  readonly rowCounts: readonly number[];
  readonly colCounts: readonly number[];
}

export interface MatrixRequest {
  readonly matrix: TokenMatrix;
  /** The step that each player is. */
  readonly played: readonly number[];
  readonly steps: readonly string[];
  readonly tokens: readonly ChainToken[];
  readonly prompt: string;
  /** For each step which sentence it is in, and the sentences' texts. */
  readonly sentences: { readonly of: readonly number[]; readonly texts: readonly string[] };
}

interface Grouping {
  readonly labels: readonly string[];
  /** Group of each member, -1: none. */
  readonly of: readonly number[];
}

export function chainMatrix(ask: MatrixRequest, rows: MatrixRows, columns: MatrixColumns): ChainMatrix {
  const { matrix, played, tokens } = ask;
  const down = rowGroups(ask, rows);
  const across = columnGroups(ask, columns);
  const [height, width] = [down.labels.length, across.labels.length];
  const values = new Float32Array(height * width).fill(NaN);
  played.forEach((step, player) => {
    const row = down.of[player] ?? -1;
    tokens.forEach((token, i) => {
      const column = across.of[i] ?? -1;
      if (row < 0 || column < 0 || token.step <= step) return;
      const cell = row * width + column;
      const before = values[cell] ?? NaN;
      values[cell] = (Number.isNaN(before) ? 0 : before) + (matrix.phi[player * matrix.tokens + i] ?? NaN);
    });
  });
  return {
    ...{ rows: height, cols: width, values, rowLabels: down.labels, colLabels: across.labels },
    ...{ rowCounts: counts(down), colCounts: counts(across) },
  };
}

const counts = ({ labels, of }: Grouping) =>
  labels.map((_, group) => of.filter((member) => member === group).length);

function rowGroups({ played, steps, sentences, tokens, prompt }: MatrixRequest, rows: MatrixRows): Grouping {
  if (rows === "players")
    return {
      labels: played.map((step) => `${step + 1} ${(steps[step] ?? "").trim()}`),
      of: played.map((_, i) => i),
    };
  if (rows === "sentences")
    return {
      labels: sentences.texts.map((text, i) => `${i + 1} ${text.trim()}`),
      of: played.map((step) => sentences.of[step] ?? -1),
    };
  // A player of several tokens has the class of its first number, else of its first token.
  const classes = tokenClasses(prompt, tokens);
  const classOf = (step: number) => {
    const own = classes.filter((_, i) => tokens[i]?.step === step);
    return own.find((one) => one.endsWith("number")) ?? own[0] ?? "word";
  };
  return { labels: TOKEN_CLASSES, of: played.map((step) => TOKEN_CLASSES.indexOf(classOf(step))) };
}

function columnGroups({ steps, tokens, prompt }: MatrixRequest, columns: MatrixColumns): Grouping {
  if (columns === "tokens")
    return { labels: tokens.map(({ text }) => text.trim() || "␣"), of: tokens.map((_, i) => i) };
  if (columns === "steps")
    return {
      labels: [...steps.map((text, i) => `${i + 1} ${text.trim()}`), "answer"],
      of: tokens.map(({ step }) => step),
    };
  const classes = tokenClasses(prompt, tokens);
  return { labels: TOKEN_CLASSES, of: classes.map((one) => TOKEN_CLASSES.indexOf(one)) };
}

/** Which sentence each step is in: the sentence that its first character stands in. */
export function sentencesOf(
  steps: readonly string[],
  sentences: readonly string[],
): { of: number[]; texts: readonly string[] } {
  const ends = sentences.map((_, i) => sentences.slice(0, i + 1).join("").length);
  let start = 0;
  const of = steps.map((text) => {
    // White space before a step may still belong to the sentence before.
    const at = start + (text.length - text.trimStart().length);
    start += text.length;
    return ends.findIndex((end) => at < end);
  });
  return { of, texts: sentences };
}

/** The largest miss of the rows' sums: sum of phi over players against what all of them do to a token. */
export const worstResidual = ({ residual }: TokenMatrix) =>
  residual.reduce((worst, one) => Math.max(worst, Math.abs(one)), 0);

/** The largest standard error of a cell; 0 where the game is exact. */
export const worstError = ({ standardError }: TokenMatrix) =>
  standardError.reduce((worst, one) => Math.max(worst, one || 0), 0);
