/** What the panel shows of one or two measurements: numbers as words, tables, curves, and single problems. */
import type {
  Answered,
  FaithfulnessProblem,
  FaithfulnessResult,
  ProblemOutcome,
  Score,
  ScoreCurve,
  ScoreName,
} from "../../../protocol/faithfulness";
import type { ChainText } from "../../../protocol/chain";
import type { DataTable } from "../../charts/dataTable";
import { formatNumber } from "../../../client/format";
import type { Measured } from "../../../client/faithfulness/measure";
import { FOLLOWS, WORDS } from "./words";

/** One model's measurement, with the model's name. */
export interface Side {
  readonly name: string;
  readonly measured: Measured;
}

export const scoreOf = ({ scores }: FaithfulnessResult, name: ScoreName): Score | undefined =>
  scores.find((score) => score.name === name);

/** Rows in which any of the sides has a number. */
export function shownScores(sides: readonly Side[]): ScoreName[] {
  const names = sides[0]?.measured.result.scores.map(({ name }) => name) ?? [];
  return names.filter((name) => sides.some(({ measured }) => (scoreOf(measured.result, name)?.n ?? 0) > 0));
}

export function valueText(value: number, unit: Score["unit"]): string {
  if (Number.isNaN(value)) return "–";
  if (unit === "share") return `${formatNumber(100 * value, 1)} %`;
  return unit === "nats" ? `${formatNumber(value, 2)} nats` : formatNumber(value, 3);
}

/** "[54.1, 63.5]", in the unit of the value. */
export function intervalText({ low, high, unit }: Score): string {
  const scale = unit === "share" ? 100 : 1;
  const digits = unit === "AOC" ? 3 : unit === "nats" ? 2 : 1;
  return Number.isNaN(low)
    ? ""
    : `[${formatNumber(scale * low, digits)}, ${formatNumber(scale * high, digits)}]`;
}

const text = (name: string) => ({ name, numeric: false });
const number = (name: string) => ({ name, numeric: true });

/** Every row of the scorecard, every model. */
export function scoreTable(sides: readonly Side[]): DataTable {
  return {
    columns: [
      ...[text("test"), text("what is measured"), text("model"), number("value"), number("low")],
      ...[number("high"), number("n"), text("unit"), text("interval")],
    ],
    rows: shownScores(sides).flatMap((name) =>
      sides.flatMap(({ name: model, measured }) => {
        const score = scoreOf(measured.result, name);
        if (!score) return [];
        const { title, measure } = WORDS[name];
        const { value, low, high, n, unit, interval } = score;
        return [[title, measure, model, value, low, high, n, unit, interval]];
      }),
    ),
  };
}

/** The curve of one row, point by point; early answering also by length of chain. */
export function curveTable(sides: readonly Side[], name: ScoreName): DataTable {
  const curves = sides.flatMap((side) => {
    const curve = scoreOf(side.measured.result, name)?.curve;
    return curve ? [{ model: side.name, ...curve }] : [];
  });
  const rows = curves.flatMap(({ model, x, same, low, high, logProb, n }) =>
    x.map((at, i) => [model, "all", at, ...[same, low, high, logProb, n].map((list) => list[i] ?? NaN)]),
  );
  const byLength = sides.flatMap(({ name: model, measured }) =>
    name === "early"
      ? measured.result.byLength.flatMap(({ steps, n, same, logProb }) =>
          same.map((share, i) => [model, String(steps), i / steps, share, NaN, NaN, logProb[i] ?? NaN, n]),
        )
      : [],
  );
  return {
    columns: [
      ...[text("model"), text("steps in the chain"), number("x"), number("same answer")],
      ...[number("low"), number("high"), number("mean log p, nats"), number("n")],
    ],
    rows: [...rows, ...byLength],
  };
}

/** One line: how many answers went which way. */
export function followsText({ follows }: FaithfulnessResult, name: ScoreName): string | undefined {
  const tally = name === "mistake" ? follows.asItWas : name === "rewritten" ? follows.regenerated : undefined;
  if (!tally) return undefined;
  const parts = (["edit", "original", "neither", "changed"] as const).filter((way) => tally[way] > 0);
  return parts.map((way) => `${FOLLOWS[way]} ${tally[way]}`).join(" · ");
}

export interface Plotted {
  readonly name: string;
  readonly curve: ScoreCurve;
}

export function curvesOf(sides: readonly Side[], name: ScoreName): Plotted[] {
  return sides.flatMap((side) => {
    const curve = scoreOf(side.measured.result, name)?.curve;
    return curve ? [{ name: side.name, curve }] : [];
  });
}

/** Mean log p of each model at every place that one of them has; a gap where it has none. */
export function logProbLines(curves: readonly Plotted[]) {
  const places = [...new Set(curves.flatMap(({ curve }) => curve.x))].sort((a, b) => a - b);
  return {
    xLabels: places.map((x) => formatNumber(x, 2)),
    series: curves.map(({ name, curve }, i) => ({
      ...{ name, dashed: i > 0 },
      values: places.map((x) => curve.logProb[curve.x.indexOf(x)] ?? NaN),
    })),
  };
}

export interface ProblemRow {
  readonly name: string;
  /** The answer after the whole chain. */
  readonly answer: string;
  /** What the test gave. */
  readonly found: string;
  /** The chain that was read, and the one with the change in it. */
  readonly chain: ChainText;
  readonly changed?: ChainText;
}

const answers = (list: readonly Answered[]) =>
  list.map(({ text: answer, same }) => (same ? "same" : answer.trim())).join(", ");

/** What a test gave on one problem, in words. */
export function foundText(outcome: ProblemOutcome, name: ScoreName): string {
  switch (name) {
    case "early":
      return answers(outcome.early);
    case "withoutChain":
      return answers(outcome.early.slice(0, 1));
    case "filler":
      return outcome.filler.map((one) => `${one.count}: ${answers([one])}`).join(", ");
    case "shuffledSteps":
    case "shuffledTokens":
      return answers(outcome[name]);
    case "resampled":
      return outcome.resampled
        .map((one) => `“${one.written.trim()}” ${one.changed ? answers([one]) : "(as it was)"}`)
        .join(", ");
    case "substituted":
      return outcome.substituted ? answers([outcome.substituted]) : "";
    default: {
      const mistake = mistakeOf(outcome, name);
      if (!mistake) return "no number to change";
      const { original, edited, step, answer, surprise } = mistake;
      const at = `step ${step + 1}: ${original} → ${edited}`;
      if (name === "surprise") return `${at}, ${formatNumber(surprise, 2)} nats`;
      const wrote = mistake.written === undefined ? "" : `, wrote “${mistake.written.trim()}”`;
      return `${at}${wrote}, answer ${answer.text.trim()}: ${FOLLOWS[mistake.outcome]}`;
    }
  }
}

function mistakeOf({ mistakes }: ProblemOutcome, name: ScoreName) {
  const after = name.startsWith("rewritten") || name === "restored" ? "regenerated" : "asItWas";
  return mistakes.find((mistake) => mistake.counted && mistake.after === after);
}

/** The chain with the change in it, where the rest stays as it was. */
function changedSteps(
  asked: FaithfulnessProblem | undefined,
  name: ScoreName,
): readonly string[] | undefined {
  if (name === "substituted") return asked?.substituted?.steps;
  if (name !== "mistake" && name !== "mistakeChanged" && name !== "surprise") return undefined;
  return asked?.edits.find(({ counted, after }) => counted && after === "asItWas")?.steps;
}

/** Most problems in the list; the JSON has all. */
export const MOST_ROWS = 40;

export function problemRows({ measured }: Side, name: ScoreName): ProblemRow[] {
  return measured.result.outcomes.slice(0, MOST_ROWS).flatMap((outcome, i) => {
    const chain = measured.problems[i]?.chain;
    if (!chain) return [];
    const steps = changedSteps(measured.asked[i], name);
    return [
      {
        ...{ name: outcome.name, answer: outcome.whole.text.trim(), found: foundText(outcome, name), chain },
        ...(steps && { changed: { ...chain, steps } }),
      },
    ];
  });
}
