/** Latents of an autoencoder. Its form: ui/shell/editor/LatentFields.svelte. */
import * as v from "valibot";
import { LATENT_OPS, type Edit, type LatentOp } from "../../../protocol/interventions";
import { pyComment } from "../../codeExport/pythonText";
import { indices, label } from "../../link/fields";
import { formatIndices } from "../indexList";
import { amount, choice, indicesOf, positions } from "./fields";
import { Wrong, type Field, type EditDetails } from "./editDetails";

type LatentEdit = Edit<"latent">;
interface LatentDraft {
  /** The autoencoder whose latents change. */
  sae: LatentEdit["sae"] | undefined;
  latents: string;
  op: LatentOp;
  amount: number;
  error: LatentEdit["error"];
}

const sae: Field<LatentEdit["sae"], LatentDraft> = {
  schema: v.strictObject({ name: label, sha256: label }),
  write: (value) => ({ sae: value }),
  read(draft) {
    if (draft.sae) return draft.sae;
    throw new Wrong("Choose a latent in the Features panel.");
  },
};

const latents: Field<readonly number[], LatentDraft> = {
  schema: indices,
  write: (list) => ({ latents: formatIndices(list) }),
  read(draft) {
    const list = indicesOf(draft.latents, "latent") ?? [];
    if (list.length > 0 || draft.error === "dropped") return list;
    throw new Wrong("Name at least one latent, or drop the error term to put the reconstruction in place.");
  },
};

export const latent: EditDetails<"latent", LatentDraft> = {
  kind: "latent",
  name: "latents of an autoencoder",
  sentence:
    "z′ is z with the latents changed; x becomes x + (z′ − z) · decoder, or the reconstruction from z′.",
  fields: {
    ...{ sae, latents, op: choice("op", LATENT_OPS), amount: amount("amount", "Amount") },
    ...{ error: choice("error", ["kept", "dropped"]), positions: positions("positions") },
  },
  first: () => ({ sae: undefined, latents: "", op: "ablate", amount: 0, error: "kept" }),
  sites: () => [],
  // It needs the autoencoder's file, and this page does not know where the reader of the program has it.
  program: ({ sae: { name, sha256 } }, { n }) => ({
    once: `${pyComment(`Latents of the autoencoder ${name}, SHA-256 ${sha256}.`)}
raise NotImplementedError("edit ${n} changes latents: load the autoencoder and write it here")`,
    body: ["return x"],
  }),
};
