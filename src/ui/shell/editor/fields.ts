/** What the fields of every kind of edit are given: what stands in them, and where changes go. */
import type { EditKind } from "../../../protocol/interventions";
import type { EditDraft } from "../../../client/edits/editDraft";

export interface FieldsProps {
  readonly draft: EditDraft;
  readonly change: (fields: Partial<EditDraft>) => void;
}

/** Each kind by its name in a list, and what it does to an activation x. */
export const KIND_TEXTS: Readonly<Record<EditKind, readonly [name: string, sentence: string]>> = {
  zero: ["zero", "x becomes 0."],
  mean: ["mean", "x becomes its mean over the tokens of a set of prompts, computed here without edits."],
  resample: [
    "resample",
    "x becomes what it is at the same position of one prompt of a set, drawn by the seed.",
  ],
  patch: ["patch", "x becomes what it is in another prompt."],
  scale: ["scale", "x becomes factor · x."],
  add: ["add a direction", "x becomes x + coefficient · direction."],
  knockOut: [
    "attention knock-out",
    "Chosen queries do not see chosen keys; a token always sees itself. The other weights grow to a sum of 1.",
  ],
  mask: [
    "attention mask",
    "Chosen queries do not see chosen keys, their own included, or see nothing else. It can only hide: attention is causal.",
  ],
  score: [
    "attention scores",
    "The score of chosen pairs, before the softmax, becomes a value or is raised by it.",
  ],
  token: ["replace a token", "The model reads another token at one position of the prompt."],
  latent: [
    "latents of an autoencoder",
    "z′ is z with the latents changed; x becomes x + (z′ − z) · decoder, or the reconstruction from z′.",
  ],
  freeze: ["freeze", "Attention patterns, or the scales of norms, stay those of the run without any edit."],
};
