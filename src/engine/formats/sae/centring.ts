/**
 * Means and deviations of the activations that an autoencoder was trained on, kept beside its weights by scripts that take
 * them off first: u = (x − act_mean) / act_std. They are folded into the weights; a tensor whose meaning its name does not
 * tell is left out and named.
 */
import { VitrineError } from "../../../protocol/errors";
import { ofCentred } from "./derivedTensors";
import type { FoundSae } from "./saeFile";
import type { TensorShelf } from "./saeTensors";

/** Taken off the activation, and put back. */
const MEANS = /^(acts?|activations?|input|x|b|data)_mean$|^mean(_acts?|_activations?)?$|^(center|centre)$/;
/** What the centred activation is divided by. */
const DEVIATIONS = /^(acts?|activations?|input|x|data)_(std|scale)$|^std$/;

export const isCentring = (name: string) => MEANS.test(name) || DEVIATIONS.test(name);

type Found = Omit<FoundSae, "files">;

/** `names`: those of the shelf. */
export function withCentring(found: Found, shelf: TensorShelf, names: readonly string[]): Found {
  const { dIn, dOut, input, hasSkip, name } = found.about;
  const one = (pattern: RegExp) => {
    const [tensor, ...more] = names.filter((each) => pattern.test(each));
    if (more.length === 0) return tensor;
    throw new VitrineError(
      "Unsupported",
      `${shelf.fileName}: has ${[tensor, ...more].join(" and ")}, which both say how activations were centred or scaled; leave the right one.`,
    );
  };
  const [mean, deviation] = [one(MEANS), one(DEVIATIONS)];
  if (mean === undefined && deviation === undefined) return found;
  const all = [mean, deviation].filter((tensor) => tensor !== undefined).join(" and ");
  if (input.scheme !== "none" || dIn !== dOut || hasSkip || found.about.siteIn !== found.about.siteOut) {
    throw new VitrineError(
      "Unsupported",
      `${shelf.fileName}: has ${all}, and ${name} is ${input.scheme === "none" ? "a transcoder" : `normalised by ${input.scheme}`}, so how they act together is unknown; fold them into the weights.`,
    );
  }
  const centred = ofCentred(found.tensors, {
    mean: mean === undefined ? undefined : shelf.vector(mean, dIn, true),
    deviation: deviation === undefined ? undefined : shelf.vector(deviation, dIn, true),
  });
  const formula = `(x${mean === undefined ? "" : ` − ${mean}`})${deviation === undefined ? "" : ` / ${deviation}`}`;
  const notes = [...found.notes, `It was trained on ${formula}, which is folded into its weights here.`];
  return { ...found, tensors: centred, notes };
}
