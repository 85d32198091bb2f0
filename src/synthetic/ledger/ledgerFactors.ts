/**
 * What is known about every token of a `ledger` text: the factors that latents are scored against and labelled by.
 * A factor is defined at the tokens where the model reads it or needs it, and at no other: a latent that fires
 * elsewhere is wrong there. training/README.md says why each stands where it stands.
 */
import { LEDGER_WORDS, type LedgerProblem } from "./ledger";

export interface LedgerFactor {
  readonly id: string;
  readonly group:
    "person" | "operation" | "running total" | "object" | "place" | "distractor" | "question" | "section";
  /** At which tokens it is defined, for people. */
  readonly where: string;
  /** The token shows the value by itself, so that a look at the word would do. */
  readonly visible: boolean;
}

const factor = (id: string, group: LedgerFactor["group"], where: string, visible = false): LedgerFactor => ({
  ...{ id, group, where, visible },
});

/** In the order of the tables. */
export const LEDGER_FACTORS: readonly LedgerFactor[] = [
  factor("name read", "person", "every name", true),
  factor("name to write", "person", "the token before a name that the text settles"),
  factor("owner of the step", "person", "a step’s name, number before and sign"),
  factor("person of the sentence", "person", "the number of a sentence that counts"),
  factor("gain or loss", "operation", "the verb of a change"),
  factor("gain or loss told", "operation", "the number of a change"),
  factor("sign to write", "operation", "a step’s number before the sign"),
  factor("sign to apply", "operation", "a step’s equals sign"),
  factor("total to write", "running total", "a step’s equals sign: its result"),
  factor("total written", "running total", "a step’s result"),
  factor("total written or to write", "running total", "a step’s equals sign and result"),
  factor("total to start from", "running total", "a step’s name: the number before"),
  factor("number to write", "running total", "the token before every number of chain and answer"),
  factor("object read", "object", "every object", true),
  factor("object to write", "object", "the token before the counted object, once it was named"),
  factor("place in the step", "place", "every token of a step"),
  factor("distractor’s verb", "distractor", "the verb of a distractor"),
  factor("distractor’s number", "distractor", "the number of a distractor"),
  factor("distractor’s object", "distractor", "the object of a distractor"),
  factor("distractor", "distractor", "a distractor from its verb on"),
  factor("kind asked", "question", "the question, from the word that settles its kind"),
  factor("kind to answer", "question", "the colon before the answer"),
  factor("answer to write", "question", "the colon before an answer that is a number"),
  factor("section", "section", "every token but the first"),
];

export interface LedgerToken {
  readonly word: string;
  /** Value by factor id; a factor that is not defined here is absent. */
  readonly values: Readonly<Record<string, string>>;
}

const LEDGER_ORDINALS = ["first", "second", "third", "last"];

type Values = Record<string, string>;
interface Written {
  readonly word: string;
  readonly values: Values;
}

const STEP_PLACES = ["ordinal", "name", "before", "sign", "operand", "equals", "result"];
/** The word of a question from which on its kind is settled. */
const SETTLES = { count: "does", total: "do", more: "Who", difference: "more" } as const;

function sentenceTokens(words: readonly string[], object: string, namedBefore: boolean): Written[] {
  const isChange = !LEDGER_WORDS.names.includes(words[0] ?? "");
  const [name = "", verb = ""] = isChange ? words.slice(1) : words;
  const isDistractor = LEDGER_WORDS.sights.includes(verb);
  const operation = LEDGER_WORDS.gains.includes(verb) ? "+" : "-";
  return words.map((word, i) => {
    const place = ["name", "verb", "number", "object", "stop"][isChange ? i - 1 : i];
    const values: Values = { section: "story" };
    if (place === "number" && !isDistractor) values["person of the sentence"] = name;
    if (place === "number" && !isDistractor && namedBefore) values["object to write"] = object;
    if (place === "verb" && isChange) values["gain or loss"] = operation;
    if (place === "number" && isChange) values["gain or loss told"] = operation;
    if (isDistractor && place !== "name") values["distractor"] = "yes";
    if (isDistractor && (place === "verb" || place === "number" || place === "object"))
      values[`distractor’s ${place}`] = "yes";
    return { word, values };
  });
}

function storyTokens(story: string, object: string): Written[] {
  const tokens: Written[] = [];
  for (const sentence of story.split(" . ")) {
    const named = tokens.some(({ word }) => word === object);
    tokens.push(...sentenceTokens([...sentence.split(" "), "."], object, named));
  }
  return tokens;
}

function questionTokens({ prompt, kind, object }: LedgerProblem, from: number): Written[] {
  const words = prompt.slice(from).split(" ");
  const settled = words.indexOf(SETTLES[kind]);
  const end = words.indexOf("?");
  return words.map((word, i) => {
    const values: Values = { section: "question" };
    if (i >= settled && i <= end) values["kind asked"] = kind;
    if (words[i + 1] === object) values["object to write"] = object;
    return { word, values };
  });
}

function stepTokens({
  text,
  person,
  operation,
  before,
  after,
  isLast,
}: LedgerProblem["steps"][number]): Written[] {
  const places = [...STEP_PLACES, ...(isLast ? ["owner"] : []), "stop"];
  return text
    .trim()
    .split(" ")
    .map((word, i) => {
      const place = places[i] ?? "stop";
      const values: Values = { section: "chain", "place in the step": place };
      if (["name", "before", "sign"].includes(place)) values["owner of the step"] = person;
      if (place === "name") values["total to start from"] = String(before);
      if (place === "before") values["sign to write"] = operation;
      if (place === "equals") values["sign to apply"] = operation;
      if (place === "equals") values["total to write"] = String(after);
      if (place === "result") values["total written"] = String(after);
      if (place === "equals" || place === "result") values["total written or to write"] = String(after);
      return { word, values };
    });
}

function answerTokens({ answerPrefix, answer, kind }: LedgerProblem): Written[] {
  return `${answerPrefix}${answer} </s>`
    .trim()
    .split(" ")
    .map((word) => {
      const values: Values = { section: "answer" };
      if (word === ":") values["kind to answer"] = kind;
      if (word === ":" && kind !== "more") values["answer to write"] = answer.trim();
      return { word, values };
    });
}

/** Every token of a problem with its right chain and answer, from <s> to </s>, and what is known about it. */
export function ledgerFactors(problem: LedgerProblem): readonly LedgerToken[] {
  const { prompt, steps, object } = problem;
  const question = Math.max(prompt.indexOf(" How "), prompt.indexOf(" Who ")) + 1;
  const story = storyTokens(prompt.slice(0, question - " . ".length), object);
  const before = [{ word: "<s>", values: {} }, ...story, ...questionTokens(problem, question)];
  const after = [...steps.flatMap(stepTokens), ...answerTokens(problem)];
  const tokens: readonly Written[] = [...before, ...after];
  tokens.forEach(({ word, values }, i) => {
    const next = tokens[i + 1]?.word ?? "";
    if (LEDGER_WORDS.names.includes(word)) values["name read"] = word;
    if (LEDGER_WORDS.objects.includes(word)) values["object read"] = word;
    // In chain and answer every name is settled; in the story one after an ordinal: its sentence goes on about a person.
    const isSettled = i >= before.length || LEDGER_ORDINALS.includes(word);
    if (isSettled && LEDGER_WORDS.names.includes(next)) values["name to write"] = next;
    if (i >= before.length && /^\d+$/.test(next)) values["number to write"] = next;
  });
  return tokens;
}
