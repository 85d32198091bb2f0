/** A model whose head sorts texts into classes instead of naming the next token: it is no language model, and that is said. */
import type { Json } from "./bytes/json";

const CLASSIFIERS = /For(Sequence|Token|Image|Audio)Classification|ForQuestionAnswering|ForMultipleChoice/;
/** Heads by the names that the Hugging Face layout gives them. */
const HEADS = /^(score|classifier|qa_outputs)\.(weight|bias|dense\.weight|out_proj\.weight)$/;
const OUTPUTS = /(^|\.)(lm_head|embed_out|output)\.weight$/;

/** A sentence, or undefined of a language model. `tensors`: names of the file. */
export function classifierNote(config: Json, tensors: Iterable<string>): string | undefined {
  const names = [...tensors];
  const { architectures } = config;
  const named = (Array.isArray(architectures) ? architectures.map(String) : []).find((name) =>
    CLASSIFIERS.test(name),
  );
  const head = names.find((name) => HEADS.test(name));
  if (names.some((name) => OUTPUTS.test(name)) || (named === undefined && head === undefined))
    return undefined;
  const what = named ?? "a classifier";
  const left = head === undefined ? "" : ` Its head ${head} is not read.`;
  return `This is no language model but ${what === named ? `a classifier (${what})` : what}.${left} Its activations are its own; logits here come from its token embedding and mean nothing.`;
}
