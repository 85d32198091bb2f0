/** The answers that an expected value runs over, as a visitor writes them: "0..20", "yes=1, no=0", "3 4 5". */

export interface PossibleAnswer {
  readonly text: string;
  readonly number: number;
}

/** More are refused: each is read after every coalition. */
export const MAX_ANSWERS = 64;
const RANGE = /^(-?\d+)\s*\.\.\s*(-?\d+)$/;

/** Throws a sentence that says which part cannot be read. */
export function readAnswers(text: string): PossibleAnswer[] {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== "");
  const answers = parts.flatMap((part): PossibleAnswer[] => {
    const range = RANGE.exec(part);
    if (range) {
      const [low, high] = [Number(range[1]), Number(range[2])];
      if (high < low) throw new Error(`Answers: “${part}” runs downwards; write ${high}..${low}.`);
      if (high - low >= MAX_ANSWERS)
        throw new Error(`Answers: “${part}” is ${high - low + 1} answers; at most ${MAX_ANSWERS} are read.`);
      return Array.from({ length: high - low + 1 }, (_, i) => ({ text: String(low + i), number: low + i }));
    }
    const at = part.lastIndexOf("=");
    const [answer, number] = at > 0 ? [part.slice(0, at), part.slice(at + 1)] : [part, part];
    if (number === "" || !Number.isFinite(Number(number)))
      throw new Error(`Answers: “${part}” has no number; write it as ${answer}=1, or a range as 0..20.`);
    return [{ text: answer, number: Number(number) }];
  });
  const twice = answers.find(({ text: one }, i) => answers.findIndex(({ text: other }) => other === one) < i);
  if (twice) throw new Error(`Answers: “${twice.text}” is there twice.`);
  if (answers.length === 0) throw new Error("Answers: write the answers to weigh, for example 0..20.");
  if (answers.length > MAX_ANSWERS)
    throw new Error(`Answers: ${answers.length} were written; at most ${MAX_ANSWERS} are read.`);
  return answers;
}
