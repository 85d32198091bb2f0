/** Resample ablation: the site in one prompt of a set, drawn by a seed. */
import type { NamedTokens } from "../../../protocol/interventions";
import { seededIndex } from "../../../random/seededIndex";
import { place, promptSet, seed, strength } from "./fields";
import { STRENGTH } from "./form";
import type { EditDetails } from "./editDetails";
import { programOfOther, sitesAt } from "./program";

/** The prompt of a set that a seed draws, as the engine draws it. */
export function drawn(prompts: readonly NamedTokens[], seed: number): NamedTokens | undefined {
  const some = prompts.filter(({ tokens }) => tokens.length > 0);
  return some[seededIndex(seed, some.length)];
}

export const resample: EditDetails<"resample", { seed: number }> = {
  kind: "resample",
  name: "resample",
  sentence: "x becomes what it is at the same position of one prompt of a set, drawn by the seed.",
  fields: { ...place, strength, from: promptSet, seed },
  first: () => ({ seed: 7 }),
  form: [
    { type: "place" },
    { type: "number", key: "seed", label: "seed", step: 1 },
    STRENGTH,
    { type: "set" },
  ],
  sites: sitesAt,
  program(edit, program) {
    const why = `Drawn by seed ${edit.seed} from ${edit.from.name}:`;
    return programOfOther(edit, program, drawn(edit.from.prompts, edit.seed), "position", why);
  },
};
