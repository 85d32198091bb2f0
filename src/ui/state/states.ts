/** What the session's longer work can be in: loading a model, checking the kernels. */
import type { KernelCheck, ModelInfo } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import type { Phase } from "../../client/timeLeft";

export type ModelState =
  | { readonly status: "none" }
  | {
      readonly status: "loading";
      readonly name: string;
      readonly progress: Progress;
      readonly phase: Phase;
      /** The model that stays usable meanwhile, if there is one. */
      readonly previous: ModelInfo | undefined;
    }
  | { readonly status: "ready"; readonly info: ModelInfo };

export interface KernelCheckResult {
  readonly checks: readonly KernelCheck[];
  readonly cases: number;
  readonly passed: number;
  /** Time of day, as people write it. */
  readonly at: string;
}
