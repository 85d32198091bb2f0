/** How absent steps are taken away; what the model writes in their place is written once for every chain and setting. */
import type { EngineApi } from "../../protocol/api";
import type { Ablation, ChainTokens } from "../../protocol/chain";
import { stepAblation, type StepAblationRequest } from "./ablationRequest";

let count = 0;

export class AblationCache {
  /** The newest, while nothing that it depends on has changed. */
  #written: { readonly by: string; readonly ablation: Promise<Ablation> } | undefined;

  constructor(private readonly engine: EngineApi) {}

  /** `model` by the SHA-256 of its weights. */
  of(model: string, chain: ChainTokens, ask: StepAblationRequest): Promise<Ablation> {
    if (ask.mode !== "resample") return stepAblation(this.engine, chain, ask, "");
    const by = JSON.stringify([model, chain.prompt, chain.steps, ask]);
    if (this.#written?.by !== by) {
      const ablation = stepAblation(this.engine, chain, ask, `resample-steps-${++count}`);
      this.#written = { by, ablation };
      // What failed is asked again next time.
      ablation.catch(() => this.forget());
    }
    return this.#written.ablation;
  }

  /** Another device or precision writes its own. */
  forget(): void {
    this.#written = undefined;
  }
}
