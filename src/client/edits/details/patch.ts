/** Activation patching: the site in another prompt, aligned by position or by token. */
import { choice, place, prompt, strength } from "./fields";
import { STRENGTH } from "./form";
import type { EditDetails } from "./editDetails";
import { programOfOther, sitesAt } from "./program";

interface PatchDraft {
  /** The prompt that values are taken from. */
  other: string;
  align: "position" | "token";
}

export const patch: EditDetails<"patch", PatchDraft> = {
  kind: "patch",
  name: "patch",
  sentence: "x becomes what it is in another prompt.",
  fields: {
    ...place,
    strength,
    from: prompt("other", "prompt to take values from"),
    align: choice("align", ["position", "token"]),
  },
  first: () => ({ other: "", align: "position" }),
  form: [
    { type: "place" },
    {
      ...{ type: "choice", key: "align", label: "align by" },
      options: { position: "position", token: "token: each takes its own n-th occurrence" },
    },
    STRENGTH,
    { type: "prompt", key: "other", label: "from the prompt" },
  ],
  sites: sitesAt,
  program: (edit, program) => programOfOther(edit, program, edit.from, edit.align, "From"),
};
