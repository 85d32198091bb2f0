/** What the panel asks the engine: rollouts by a button; suppression and attention whenever the chain has changed. */
import type { RolloutsResult, StepAttentionResult, SuppressionResult } from "../../../protocol/anchors";
import type { ChainText } from "../../../protocol/chain";
import type { Edit } from "../../../protocol/interventions";
import type { Query, Question } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import type { Settings } from "./settings";

/** The texts that numbers belong to. */
export interface Asked {
  readonly text: ChainText;
  readonly settings: Settings;
  readonly layer: number;
  /** The edits that were on. */
  readonly edits: readonly Edit[];
}

export interface Rolled extends Asked {
  readonly result: RolloutsResult;
}

export class AnchorsState {
  readonly rolled: Query<Rolled>;
  readonly suppressed: Query<SuppressionResult>;
  readonly attention: Query<StepAttentionResult>;

  constructor(
    private readonly session: Session,
    readonly view: Settings,
  ) {
    this.rolled = session.query();
    this.suppressed = session.query();
    this.attention = session.query();
  }

  /** The layer whose residual stream steps are compared by. */
  get layer(): number {
    const { model } = this.session;
    const nLayers = model?.nLayers ?? 1;
    return this.view.layer < 0 ? Math.floor((nLayers - 1) / 2) : Math.min(this.view.layer, nLayers - 1);
  }

  roll(): void {
    const { engine, chain } = this.session;
    const { view, layer } = this;
    const { edits } = chain;
    const asked: Asked = { text: chain.text, settings: { ...view }, layer, edits };
    const { rollouts, temperature, topP, seed, maxTokens } = asked.settings;
    void this.rolled.ask(async (runId, partial) => {
      const settings = { rollouts, temperature, topP, seed, maxTokens };
      const request = { chain: await chain.tokens(), ...settings, layer, edits };
      const result = await engine.anchorRollouts(request, runId, (so) => partial({ ...asked, result: so }));
      return { ...asked, result };
    });
  }

  suppression(temperature: number): Question<SuppressionResult> {
    const { engine, chain } = this.session;
    const { edits } = chain;
    return async (runId) =>
      engine.stepSuppression({ chain: await chain.tokens(), temperature, edits }, runId);
  }

  readonly stepAttention: Question<StepAttentionResult> = async (runId) => {
    const { engine, chain } = this.session;
    const { edits } = chain;
    return engine.stepAttention({ chain: await chain.tokens(), edits }, runId);
  };
}
