/** What the panel asks the engine for, and what that costs. */
import type { TokenAttributionRequest } from "../../../protocol/attributions";
import type { DeviceInfo, ModelInfo } from "../../../protocol/api";
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

export interface Cost {
  /** Rows of tokens that go through the model. */
  readonly rows: number;
  readonly tokens: number;
}

export function costOf({ scalar, steps, fixed = [], stepOf = [], filler }: TokenAttributionRequest): Cost {
  const read = 1 + Math.max(...scalar.map(({ position }) => position));
  const replaced =
    filler === undefined
      ? 0
      : read - fixed.filter((one) => one < read).length + new Set(stepOf.slice(0, read)).size;
  const rows = 4 + steps + replaced;
  return { rows, tokens: rows * read };
}

/** Parameters × tokens that are run without asking: a few seconds on the CPU. */
const UNASKED = { cpu: 1e10, webgpu: 3e11 } as const;

export function isCheap(
  { tokens }: Cost,
  model: Pick<ModelInfo, "parameters">,
  device: Pick<DeviceInfo, "kind"> | undefined,
): boolean {
  return tokens * model.parameters <= UNASKED[device?.kind ?? "cpu"];
}
