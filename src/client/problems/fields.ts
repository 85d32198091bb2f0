/** Reads the fields of a record; a wrong one is refused with its name and what it should be. */
import {
  MAX_PROBLEM_CHARACTERS,
  MAX_PROBLEM_STEPS,
  refuse,
  type PlacedRecord,
  type StepLabel,
} from "./problem";
import { stringList } from "./stringList";

type Fields = PlacedRecord["record"];

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 40) ?? "nothing";
/** An empty cell of a CSV says nothing. */
export const isThere = (value: unknown) => value !== undefined && value !== null && value !== "";

/** The value of the first of these fields that is there, with its name. */
export function firstOf(
  fields: Fields,
  names: readonly string[],
): [name: string, value: unknown] | undefined {
  const name = names.find((one) => Object.hasOwn(fields, one) && isThere(fields[one]));
  return name === undefined ? undefined : [name, fields[name]];
}

export function textField(fields: Fields, names: readonly string[]): string | undefined {
  const found = firstOf(fields, names);
  if (!found) return undefined;
  const [name, value] = found;
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") refuse(`“${name}” is ${shown(value)}: give a text`);
  if (value.length > MAX_PROBLEM_CHARACTERS)
    refuse(`“${name}” has ${value.length} characters: at most ${MAX_PROBLEM_CHARACTERS}`);
  return value;
}

/** A list of texts: as JSON, or in a cell of a CSV as JSON or as Python writes a list. */
export function textsField(fields: Fields, name: string): readonly string[] | undefined {
  const given = fields[name];
  if (!isThere(given)) return undefined;
  const list = typeof given === "string" ? stringList(given) : given;
  if (!Array.isArray(list)) return undefined;
  if (list.length > MAX_PROBLEM_STEPS)
    refuse(`“${name}” has ${list.length} steps: at most ${MAX_PROBLEM_STEPS}`);
  const wrong = list.findIndex((one) => typeof one !== "string");
  if (wrong >= 0) refuse(`“${name}” has ${shown(list[wrong])} at place ${wrong}: every step is a text`);
  const characters = (list as string[]).reduce((sum, { length }) => sum + length, 0);
  if (characters > MAX_PROBLEM_CHARACTERS)
    refuse(`“${name}” has ${characters} characters: at most ${MAX_PROBLEM_CHARACTERS}`);
  return list as string[];
}

/** The first wrong step, or -1. */
export function errorField(value: unknown, name: string, steps: number): number {
  const index = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof index !== "number" || !Number.isInteger(index) || index < -1 || index >= Math.max(1, steps))
    refuse(
      `“${name}” is ${shown(value)}: give the first wrong step, 0 to ${Math.max(0, steps - 1)}, or -1 for none`,
    );
  return index;
}

export function flagField(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (!isThere(value)) return undefined;
  if (typeof value === "boolean") return value;
  if (typeof value === "string" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  return refuse(`“${name}” is ${shown(value)}: give true or false`);
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** One step's label: a number, a word, or {tags, importance}. */
export function stepLabel(value: unknown, place: string): StepLabel {
  if (value === null) return {};
  if (isNumber(value)) return { importance: value };
  if (typeof value === "string") return { tags: [value] };
  if (typeof value !== "object" || Array.isArray(value))
    refuse(`${place} is ${shown(value)}: give a number, a word, or {"tags": ["…"], "importance": 0.1}`);
  const { tags, importance } = value as { tags?: unknown; importance?: unknown };
  const words = typeof tags === "string" ? [tags] : tags;
  if (words !== undefined && !(Array.isArray(words) && words.every((one) => typeof one === "string")))
    refuse(`${place}.tags is ${shown(tags)}: give a list of words`);
  if (importance !== undefined && !isNumber(importance))
    refuse(`${place}.importance is ${shown(importance)}: give a number`);
  return {
    ...(words && { tags: words as string[] }),
    ...(importance !== undefined && { importance }),
  };
}
