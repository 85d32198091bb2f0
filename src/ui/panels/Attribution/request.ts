/** What the panel asks the engine for. */
import type { TokenAttributionRequest } from "../../../protocol/gradients/attributions";
import type { Targets } from "../../../client/tokens/tokenTargets";
import type { Baseline } from "./settings";

export interface Asking {
  readonly targets: Targets;
  readonly baseline: Baseline;
  readonly steps: number;
  readonly replace: boolean;
  /** The token of the baseline "filler", and the one that takes a token's place. */
  readonly filler: number;
  /** Of each token its step, where the text is a chain. */
  readonly stepOf: readonly number[] | undefined;
  readonly bosId: number | undefined;
}

/** log p of the target after the position, or the difference of two logits. BOS is fixed: it stays as it is. */
export function requestOf(asking: Asking): TokenAttributionRequest {
  const { targets, baseline, steps, replace, filler, stepOf, bosId } = asking;
  const { prompt, position, target, minus } = targets;
  const hasBos = bosId !== undefined && prompt.tokens[0] === bosId;
  return {
    prompt,
    scalar: minus
      ? [
          { kind: "logit", position, target: target.id },
          { kind: "logit", position, target: minus.id, weight: -1 },
        ]
      : [{ kind: "logProb", position, target: target.id }],
    baseline: baseline === "filler" ? { kind: "token", token: filler } : { kind: baseline },
    steps,
    rule: "midpoint",
    ...(hasBos && { fixed: [0] }),
    ...(stepOf && { stepOf }),
    ...(replace && { filler }),
  };
}
