/** What an attribution by token costs, and whether that may be spent without asking. */
import type { DeviceInfo, ModelInfo } from "../../protocol/api";
import type { TokenAttributionRequest } from "../../protocol/gradients/attributions";

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
