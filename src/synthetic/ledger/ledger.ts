/**
 * The `ledger` language: word problems with a chain of thought, of which everything is known: who, what, which
 * operation, the running totals, and which steps the answer needs. The page draws "new examples" from it, and
 * the embedded models are trained on it, so that methods can be scored against what is really there.
 *
 *   Ann has 6 cards . first Ann buys 1 cards . last Ann drops 4 cards . Eve has 6 cards . last Eve eats 5 cards .
 *   How many cards does Ann have ? Think : first Ann 6 + 1 = 7 . last Ann 7 - 4 = 3 Ann . last Eve 6 - 5 = 1 Eve .
 *   Answer Ann : 3
 *
 * Words are separated by single spaces and each is one token. Totals of one person stay within 0 … 10. A change
 * is marked first, second, third or last, and so is its step: the step marked `last` holds the person's total
 * and names its owner once more, so the answer needs the last steps of the people asked about and every other step is a null player.
 */
import { Random } from "../../random/random";

export const LEDGER_KINDS = ["count", "total", "more", "difference"] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

const NAMES = ["Ann", "Bob", "Cat", "Dan", "Eve", "Fay", "Gus", "Ida", "Jon", "Kim"];
const OBJECTS = ["apples", "pears", "plums", "coins", "books", "shells", "stones", "cards", "kites", "birds"];
const GAINS = ["finds", "buys", "gets", "picks", "wins"];
const LOSSES = ["sells", "loses", "drops", "eats", "gives"];
const SIGHTS = ["sees", "likes", "draws"];
const ORDINALS = ["first", "second", "third"];
const GRAMMAR =
  "first second third last has How many more does do have than Who in all and or Think Answer . ? , : + - =".split(
    " ",
  );

export const LARGEST_TOTAL = 10;
const LARGEST_NUMBER = 2 * LARGEST_TOTAL;
const LARGEST_CHANGE = 9;
const LARGEST_SIGHT = 9;

export const LEDGER_FILLER = "_";

/** The words of each kind that a text can have; factors are read off with them. */
export const LEDGER_WORDS: Readonly<
  Record<"names" | "objects" | "gains" | "losses" | "sights", readonly string[]>
> = { names: NAMES, objects: OBJECTS, gains: GAINS, losses: LOSSES, sights: SIGHTS };

/** Every token, in the order of its id. */
export const LEDGER_VOCABULARY: readonly string[] = [
  ...["<s>", "</s>", "<unk>", "<pad>", LEDGER_FILLER],
  ...Array.from({ length: LARGEST_NUMBER + 1 }, (_, n) => String(n)),
  ...GRAMMAR,
  ...NAMES,
  ...OBJECTS,
  ...GAINS,
  ...LOSSES,
  ...SIGHTS,
];

export interface LedgerStep {
  /** With its leading space: " last Ann 7 - 4 = 3 ." */
  readonly text: string;
  readonly person: string;
  readonly operation: "+" | "-";
  readonly operand: number;
  readonly before: number;
  readonly after: number;
  /** The person's last change: its result is the person's total. */
  readonly isLast: boolean;
  /** The answer needs it; every other step is a null player. */
  readonly needed: boolean;
}

export interface LedgerProblem {
  readonly seed: number;
  readonly kind: LedgerKind;
  readonly persons: readonly string[];
  /** The one or two people asked about. */
  readonly asked: readonly string[];
  readonly object: string;
  /** Story and question, up to and including "Think :". BOS is the tokenizer's affair. */
  readonly prompt: string;
  readonly steps: readonly LedgerStep[];
  readonly answerPrefix: string;
  /** With its leading space: " 3". */
  readonly answer: string;
}

export interface LedgerOptions {
  readonly kind?: LedgerKind;
  /** 2 or 3. */
  readonly people?: number;
  /** Changes of each person, 1 to 4; default: drawn for each. */
  readonly changes?: readonly number[];
  /** Distractor sentences, 0 to 2. */
  readonly distractors?: number;
}

interface Change {
  readonly person: number;
  readonly operation: "+" | "-";
  readonly operand: number;
  readonly before: number;
  readonly after: number;
  readonly tag: string;
}

function drawChangeCount(random: Random): number {
  const share = random.next();
  if (share < 0.35) return 1;
  if (share < 0.7) return 2;
  return share < 0.96 ? 3 : 4;
}

function drawChanges(random: Random, person: number, start: number, count: number): Change[] {
  const changes: Change[] = [];
  let before = start;
  for (let i = 0; i < count; i++) {
    let operation: "+" | "-";
    let operand: number;
    let after: number;
    do {
      operation = random.pick(["+", "-"] as const);
      operand = random.integer(1, LARGEST_CHANGE);
      after = operation === "+" ? before + operand : before - operand;
    } while (after < 0 || after > LARGEST_TOTAL);
    changes.push({
      person,
      operation,
      operand,
      before,
      after,
      tag: i === count - 1 ? "last" : (ORDINALS[i] ?? "last"),
    });
    before = after;
  }
  return changes;
}

/** The answer for totals of the people asked about, in the order of the question; undefined for a tie. */
export function ledgerAnswer(
  kind: LedgerKind,
  asked: readonly string[],
  totals: readonly number[],
): string | undefined {
  const [a = 0, b = 0] = totals;
  switch (kind) {
    case "count":
      return String(a);
    case "total":
      return String(a + b);
    case "more":
      return a === b ? undefined : a > b ? asked[0] : asked[1];
    case "difference":
      return a < b ? undefined : String(a - b);
  }
}

function question(kind: LedgerKind, [a = "", b = ""]: readonly string[], object: string): string {
  switch (kind) {
    case "count":
      return `How many ${object} does ${a} have ?`;
    case "total":
      return `How many ${object} do ${a} and ${b} have in all ?`;
    case "more":
      return `Who has more ${object} , ${a} or ${b} ?`;
    case "difference":
      return `How many more ${object} does ${a} have than ${b} ?`;
  }
}

/** A step as text. A person's last result carries the name again: it is the person's total. */
function stepText(
  tag: string,
  name: string,
  before: number,
  operation: string,
  operand: number,
  after: number,
): string {
  return ` ${tag} ${name} ${before} ${operation} ${operand} = ${after}${tag === "last" ? ` ${name}` : ""} .`;
}

/** What stands before the answer: the question once more, in short. */
function answerCue(kind: LedgerKind, [a = "", b = ""]: readonly string[]): string {
  const joint = { count: "", total: ` + ${b}`, more: ` or ${b}`, difference: ` - ${b}` }[kind];
  return `Answer ${a}${joint} :`;
}

/** The same seed and options give the same problem, always. */
export function createLedgerProblem(seed: number, options: LedgerOptions = {}): LedgerProblem {
  const random = new Random(seed);
  for (;;) {
    const problem = drawProblem(random, seed, options);
    if (problem) return problem;
  }
}

/** One draw; undefined if the people compared are tied. */
function drawProblem(random: Random, seed: number, options: LedgerOptions): LedgerProblem | undefined {
  const count = options.people ?? random.pick([2, 2, 3]);
  const persons = random.sample(NAMES, count);
  const object = random.pick(OBJECTS);
  const kind = options.kind ?? random.pick(LEDGER_KINDS);
  const people = persons.map((name, person) => {
    const start = random.integer(0, LARGEST_TOTAL);
    const changes = drawChanges(random, person, start, options.changes?.[person] ?? drawChangeCount(random));
    return { name, start, changes, total: changes.at(-1)?.after ?? start };
  });
  let pair = random.sample(people, 2);
  const [one, other] = pair;
  if (kind === "difference" && one && other && one.total < other.total) pair = [other, one];
  const askedPeople = kind === "count" ? pair.slice(0, 1) : pair;
  const asked = askedPeople.map(({ name }) => name);
  const totals = askedPeople.map(({ total }) => total);
  const answer = ledgerAnswer(kind, asked, totals);
  if (answer === undefined) return undefined;

  const story = people.flatMap(({ name, start, changes }) => [
    `${name} has ${start} ${object} .`,
    ...changes.map(({ operation, operand, tag }) => {
      const verb = random.pick(operation === "+" ? GAINS : LOSSES);
      return `${tag} ${name} ${verb} ${operand} ${object} .`;
    }),
  ]);
  const others = OBJECTS.filter((name) => name !== object);
  const distractors = Array.from({ length: options.distractors ?? random.pick([0, 0, 1, 2]) }, () => {
    const sight = random.integer(1, LARGEST_SIGHT);
    return `${random.pick(persons)} ${random.pick(SIGHTS)} ${sight} ${random.pick(others)} .`;
  });
  const sentences = random.next() < 0.5 ? [...distractors, ...story] : [...story, ...distractors];
  const steps = people.flatMap(({ name, changes }) =>
    changes.map(({ tag, operation, operand, before, after }) => ({
      text: stepText(tag, name, before, operation, operand, after),
      person: name,
      ...{ operation, operand, before, after },
      isLast: tag === "last",
      needed: tag === "last" && asked.includes(name),
    })),
  );
  return {
    ...{ seed, kind, persons, asked, object, steps },
    prompt: [...sentences, question(kind, asked, object), "Think :"].join(" "),
    answerPrefix: ` ${answerCue(kind, asked)}`,
    answer: ` ${answer}`,
  };
}

/**
 * A chain with one wrong result, carried on through that person's later steps to the answer. Undefined if the
 * draw left the range or made a tie: try another seed.
 */
export function corruptLedgerChain(
  problem: LedgerProblem,
  seed: number,
): { readonly steps: readonly string[]; readonly answer: string } | undefined {
  const random = new Random(seed);
  const { steps, asked, kind } = problem;
  const relevant = steps.filter(({ person }) => asked.includes(person));
  const target = random.pick(relevant);
  const wrong = random.pick(
    Array.from({ length: LARGEST_TOTAL + 1 }, (_, n) => n).filter((n) => n !== target.after),
  );
  let running: number | undefined;
  const totals = new Map<string, number>();
  const texts: string[] = [];
  for (const step of steps) {
    const before = step.person === target.person && running !== undefined ? running : step.before;
    const after =
      step === target ? wrong : step.operation === "+" ? before + step.operand : before - step.operand;
    if (after < 0 || after > LARGEST_TOTAL) return undefined;
    if (step.person === target.person && (step === target || running !== undefined)) running = after;
    totals.set(step.person, after);
    const [tag = ""] = step.text.trim().split(" ");
    texts.push(stepText(tag, step.person, before, step.operation, step.operand, after));
  }
  const answer = ledgerAnswer(
    kind,
    asked,
    asked.map((name) => totals.get(name) ?? 0),
  );
  return answer === undefined ? undefined : { steps: texts, answer: ` ${answer}` };
}
