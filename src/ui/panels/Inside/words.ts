/** The question in words: captions, and what is the same in both runs. */
import { captionOf } from "../../state/caption";
import type { Session } from "../../state/session.svelte";
import type { Question } from "./question";

/** "steps 1 and 3 are absent in both runs". */
export function othersWords({ step, present }: Pick<Question, "step" | "present">): string {
  const absent = present.flatMap((is, i) => (is || i === step ? [] : [i + 1]));
  if (absent.length === 0) return "all other steps present";
  const list =
    absent.length === 1 ? String(absent[0]) : `${absent.slice(0, -1).join(", ")} and ${absent.at(-1)}`;
  return `step${absent.length === 1 ? "" : "s"} ${list} absent in both runs`;
}

/** Values of chains are means over samples; what is shown here is the first of them. */
const resampleWords = ({ seed, temperature }: Question) =>
  `one sample (n = 1): seed ${seed}, temperature ${temperature}`;

/** Model, device and the edits that are on in both runs. */
export function insideCaption(
  session: Pick<Session, "model" | "device" | "chain">,
  question: Question,
  parts: readonly string[] = [],
): string {
  const { model, device, chain } = session;
  const usesFiller = question.mode === "replace" || question.mode === "symbol";
  const filler = usesFiller ? ` with “${chain.fillerText.trim()}”` : "";
  return captionOf({ model, device, edits: { active: question.edits } }, [
    `step ${question.step + 1} of ${question.present.length} absent by ${question.mode}${filler}`,
    ...(question.mode === "resample" ? [resampleWords(question)] : []),
    othersWords(question),
    ...parts,
  ]);
}
