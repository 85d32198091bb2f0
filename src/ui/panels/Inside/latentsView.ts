/** Latents over a step, and latents at the answer with the step and without it. */
import type { DataTable } from "../../charts/dataTable";
import { codeAt, type Code } from "../../../client/sae/latentCode";
import type { Span } from "../../../client/chain/ablatedRow";
import type { Pair } from "./readInside";

export interface StepLatent {
  readonly latent: number;
  /** Its largest value over the step's tokens. */
  readonly value: number;
  readonly position: number;
  /** Tokens of the step that it is active at. */
  readonly active: number;
}

/** Latents that are active in a span, by their largest value. */
export function stepLatents(code: Code, { first, end }: Span): StepLatent[] {
  const found = new Map<number, StepLatent>();
  for (let position = first; position < end; position++) {
    for (const [latent, value] of codeAt(code, position)) {
      if (value === 0) continue;
      const known = found.get(latent);
      const active = (known?.active ?? 0) + 1;
      found.set(
        latent,
        known && known.value >= value ? { ...known, active } : { latent, value, position, active },
      );
    }
  }
  return [...found.values()].sort((a, b) => b.value - a.value || a.latent - b.latent);
}

/** What becomes of a latent. */
export type Fate = "appears" | "vanishes" | "stronger" | "weaker" | "unchanged";

export interface AnswerLatent {
  readonly latent: number;
  readonly with: number;
  readonly without: number;
  readonly fate: Fate;
}

/** Smaller changes than this share of the value are rounding. */
const NEARLY = 1e-4;

function fateOf(before: number, after: number): Fate {
  if (Math.abs(after - before) <= NEARLY * Math.max(before, after)) return "unchanged";
  if (before === 0) return "appears";
  if (after === 0) return "vanishes";
  return after > before ? "stronger" : "weaker";
}

/** Latents active at the answer in either run, the largest change first. */
export function answerLatents(codes: Pair<Code>, at: Pair<number>): AnswerLatent[] {
  const [present, absent] = [codeAt(codes.with, at.with), codeAt(codes.without, at.without)];
  return [...new Set([...present.keys(), ...absent.keys()])]
    .map((latent) => {
      const [before, after] = [present.get(latent) ?? 0, absent.get(latent) ?? 0];
      return { latent, with: before, without: after, fate: fateOf(before, after) };
    })
    .filter((one) => one.with !== 0 || one.without !== 0)
    .sort((a, b) => Math.abs(b.without - b.with) - Math.abs(a.without - a.with) || a.latent - b.latent);
}

const text = (name: string) => ({ name, numeric: false });
const number = (name: string) => ({ name, numeric: true });
type LabelOf = (latent: number) => string | undefined;

export function stepLatentsTable(
  rows: readonly StepLatent[],
  labelOf: LabelOf,
  tokenAt: (position: number) => string,
): DataTable {
  return {
    columns: [
      ...[number("latent"), text("label"), number("largest value")],
      ...[number("position"), text("token"), number("tokens where active")],
    ],
    rows: rows.map(({ latent, value, position, active }) => [
      ...[latent, labelOf(latent) ?? "", value, position, tokenAt(position), active],
    ]),
  };
}

export function answerLatentsTable(rows: readonly AnswerLatent[], labelOf: LabelOf): DataTable {
  return {
    columns: [
      ...[number("latent"), text("label"), number("with the step"), number("without it")],
      ...[number("without − with"), text("change")],
    ],
    rows: rows.map((row) => [
      ...[row.latent, labelOf(row.latent) ?? "", row.with, row.without, row.without - row.with, row.fate],
    ]),
  };
}
