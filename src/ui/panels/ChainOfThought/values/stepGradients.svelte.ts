/** Gradients by step as the panel asks for them: by itself where they cost little, else by a button. */
import type {
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../../../protocol/gradients/attributions";
import { valueOf } from "../../../../client/chain/chainSettings";
import { costOf, isCheap } from "../../../../client/tokens/attributionCost";
import { WAIT, type Query, type Question } from "../../../state/query.svelte";
import type { Session } from "../../../state/session.svelte";
import { gradientRequest } from "./gradientWords";

export class StepGradients {
  readonly found: Query<TokenAttributionResult>;
  progress = $state.raw({ rowsDone: 0, rows: 1 });
  readonly #request = $derived.by(() => {
    const { prompt, parts, model } = this.session;
    return this.isOn && prompt && parts ? gradientRequest(prompt, parts, model?.bosId) : undefined;
  });

  constructor(private readonly session: Session) {
    this.found = session.query(() => {
      void session.device;
      const request = this.#request;
      if (!request) return this.isOn && !session.prompt ? WAIT : undefined;
      return this.isCheap ? this.#ask(request) : undefined;
    });
  }

  /** Whether they are of the same thing as the panel's values: log p, in nats. */
  get fits(): boolean {
    return valueOf(this.session.chain.settings) === "logProb";
  }

  get isOn(): boolean {
    return this.session.chain.settings.gradients && this.fits;
  }

  /** Asked by a button. */
  get isAsked(): boolean {
    return this.#request !== undefined && !this.isCheap && !this.found.value;
  }

  get cost() {
    return this.#request && costOf(this.#request);
  }

  get isCheap(): boolean {
    const { model, device } = this.session;
    return this.cost !== undefined && model !== undefined && isCheap(this.cost, model, device);
  }

  run(): void {
    const request = this.#request;
    if (request) void this.found.ask(this.#ask(request));
  }

  #ask(request: TokenAttributionRequest): Question<TokenAttributionResult> {
    return (runId, _, isNewest) => {
      this.progress = { rowsDone: 0, rows: 1 };
      return this.session.engine.tokenAttribution(request, runId, (so) => {
        if (isNewest()) this.progress = so;
      });
    };
  }
}
