/**
 * What a model reads of a chain whose steps may be absent: the tokens of each step, what is done to them on the way,
 * and the answer's cue.
 *
 *   delete    nothing
 *   mask      nothing, and its positions stay unused: a hidden key is never looked at, so it need not be computed
 *   replace   the filler token in place of each of its tokens
 *   mean      its tokens, whose embedding is replaced by the mean embedding of the chain's tokens
 *   resample  what the model wrote in its place, another text for each sample
 *   symbol    a number belongs to the first step that it appears in: where that step is absent, each of its tokens is
 *             the filler token, there, in later steps and in the cue
 *
 * A step has few different texts, which are numbered: PRESENT, and for each sample (one, but in resample mode) the
 * first sample with the same text. Where absent and present read the same, they are the same.
 */
import type { Pauser } from "../../../protocol/cancel";
import type { Ablation, ChainTokens } from "../../../protocol/chain";
import { VitrineError } from "../../../protocol/errors";
import type { Intervention } from "../../../protocol/interventions";
import { sitesOf, type Model } from "../../models/model";
import { meanValues } from "../interventions/donors";

export const PRESENT = -1;

/** One text of a step, and what changes on the way. */
export interface StepText {
  readonly tokens: readonly number[];
  /** Positions left unused before what follows. */
  readonly skipped: number;
  readonly interventions?: readonly Intervention[];
  /** Other tokens than the step's, which have no position in the chain's text. */
  readonly isWritten?: true;
  /** For each token whether it stands in for one of the text's own, be it equal or not; absent: none does. */
  readonly standIns?: readonly boolean[];
}

export interface AbsentRequest extends Ablation {
  readonly chain: ChainTokens;
  /** As it reads without edits, where sites are frozen: texts are the same if they are there, too. */
  readonly unedited?: ChainTokens;
}

export class AbsentSteps {
  /** For "symbol": which steps own the number that a token belongs to; undefined: none. The cue comes last. */
  readonly #owners: readonly (readonly (number | undefined)[])[];
  readonly #variants: readonly (readonly number[])[];

  constructor(
    private readonly request: AbsentRequest,
    /** For "mean": what makes a token the mean. */
    private readonly toMean: readonly Intervention[] = [],
  ) {
    this.#owners = request.mode === "symbol" ? ownersOf(request) : [];
    this.#variants = request.chain.steps.map((_, step) => this.#variantsOf(step));
  }

  static async of(model: Model, request: AbsentRequest, pauser: Pauser): Promise<AbsentSteps> {
    if (request.mode !== "mean") return new AbsentSteps(request);
    const tokens = request.chain.steps.flat();
    if (!sitesOf(model).includes("embed")) {
      throw new VitrineError(
        "Unsupported",
        "This model has no embedding to replace (site embed); choose another way to take steps away.",
      );
    }
    if (tokens.length === 0) return new AbsentSteps(request);
    const over = { name: "the chain", prompts: [{ text: "", tokens }] };
    const values = (await meanValues(model, over, "token", ["embed"], pauser)).get("embed")?.data;
    if (values === undefined) throw new Error("the mean embedding was not computed");
    return new AbsentSteps(request, [{ kind: "affine", site: "embed", keep: 0, values }]);
  }

  /** How many texts stand in for an absent step. */
  get samples(): number {
    return this.request.mode === "resample" ? (this.request.alternatives?.length ?? 0) : 1;
  }

  /** Which text a step has. */
  variant(step: number, present: boolean, sample: number): number {
    return present ? PRESENT : (this.#variants[step]?.[sample] ?? PRESENT);
  }

  /** All texts of a step, PRESENT first. */
  variants(step: number): number[] {
    return [...new Set([PRESENT, ...(this.#variants[step] ?? [])])];
  }

  /** Tokens of the longest text of a step. */
  longest(step: number): number {
    return Math.max(...this.variants(step).map((variant) => this.text(step, variant, []).tokens.length));
  }

  /** A step's text where the steps in `gone` (see `after`) are absent. */
  text(step: number, variant: number, gone: readonly number[]): StepText {
    const { chain, mode, fillerId, alternatives } = this.request;
    const tokens = chain.steps[step] ?? [];
    if (mode === "symbol") return { ...this.#symbols(step, this.after(step, variant, gone)), skipped: 0 };
    if (variant === PRESENT) return { tokens, skipped: 0 };
    switch (mode) {
      case "delete":
        return { tokens: [], skipped: 0 };
      case "mask":
        return { tokens: [], skipped: tokens.length };
      case "replace":
        return { tokens: tokens.map(() => fillerId), standIns: tokens.map(() => true), skipped: 0 };
      case "mean":
        return { tokens, skipped: 0, interventions: this.toMean };
      case "resample":
        return { tokens: alternatives?.[variant]?.[step] ?? [], skipped: 0, isWritten: true };
    }
  }

  /** The absent steps that change what is read later: owners of numbers. */
  after(step: number, variant: number, gone: readonly number[]): readonly number[] {
    return this.request.mode === "symbol" && variant !== PRESENT ? [...gone, step] : gone;
  }

  answerPrefix(gone: readonly number[]): Pick<StepText, "tokens" | "standIns"> {
    const { answerPrefix, steps } = this.request.chain;
    return gone.length === 0 ? { tokens: answerPrefix } : this.#symbols(steps.length, gone);
  }

  #symbols(part: number, gone: readonly number[]): Pick<StepText, "tokens" | "standIns"> {
    const { fillerId, chain } = this.request;
    const tokens = chain.steps[part] ?? chain.answerPrefix;
    const standIns = tokens.map((_, i) => {
      const owner = this.#owners[part]?.[i];
      return owner !== undefined && gone.includes(owner);
    });
    return { tokens: tokens.map((token, i) => (standIns[i] ? fillerId : token)), standIns };
  }

  /** For each sample the text of the step where it is absent. */
  #variantsOf(step: number): number[] {
    const { chain, unedited = chain, mode, fillerId, alternatives = [] } = this.request;
    const tokens = chain.steps[step] ?? [];
    if (mode === "symbol") {
      const changes = [chain, unedited].some(({ steps, answerPrefix }) =>
        [...steps, answerPrefix].some((part, at) =>
          part.some((token, i) => this.#owners[at]?.[i] === step && token !== fillerId),
        ),
      );
      return [changes ? 0 : PRESENT];
    }
    if (mode === "resample") {
      const keys = alternatives.map((sample) => (sample[step] ?? []).join());
      return keys.map((key) => (key === tokens.join() ? PRESENT : keys.indexOf(key)));
    }
    const read = [...tokens, ...(unedited.steps[step] ?? [])];
    const same = tokens.length === 0 || (mode === "replace" && read.every((token) => token === fillerId));
    return [same ? PRESENT : 0];
  }
}

/** The first step that has each token's number; numbers of the cue belong to the step that had them first. */
function ownersOf({ chain, numbers = [] }: AbsentRequest): (number | undefined)[][] {
  const first = new Map<number, number>();
  return [...chain.steps, chain.answerPrefix].map((tokens, part) =>
    tokens.map((_, i) => {
      const number = numbers[part]?.[i] ?? -1;
      if (number < 0) return undefined;
      if (!first.has(number) && part < chain.steps.length) first.set(number, part);
      return first.get(number);
    }),
  );
}
