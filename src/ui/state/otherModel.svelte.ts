/**
 * The second model, open beside the first to compare with: what it is, what is on its way, and where it came from,
 * so that it can be opened again after the engine stopped. The first model is never touched.
 */
import { filesName } from "../files/filesName";
import type { EngineApi, KeptModel, ModelInfo, ModelSource } from "../../protocol/api";
import { isVitrineError, messageOf } from "../../protocol/errors";
import { ModelHealth } from "./modelHealth.svelte";
import type { ModelState } from "./states";
import { phaseAfter } from "../../client/timeLeft";

const LOAD = "load-other-model";

export class OtherModel {
  state = $state.raw<ModelState>({ status: "none" });
  error = $state.raw<string | undefined>();
  #request = 0;
  #source: ModelSource | undefined;
  /** Whether it works, where that is in doubt. */
  readonly health: ModelHealth;

  constructor(private readonly engine: EngineApi) {
    this.health = new ModelHealth(engine, "other");
  }

  /** The one that answers: while another is loading, the one from before. */
  get model(): ModelInfo | undefined {
    const { state } = this;
    return state.status === "ready" ? state.info : state.status === "loading" ? state.previous : undefined;
  }

  loadEmbedded(name: string): Promise<void> {
    return this.load({ kind: "embedded", name });
  }

  loadFiles(files: readonly File[], folder?: string): Promise<void> {
    return this.load({ kind: "files", name: filesName(files, folder), files });
  }

  loadKept({ name, sha256 }: KeptModel): Promise<void> {
    return this.load({ kind: "kept", name, sha256 });
  }

  /** The newest wish wins; the model from before stays until the next one is there, and if it is refused. */
  async load(source: ModelSource): Promise<void> {
    const request = ++this.#request;
    this.health.stop();
    if (this.state.status === "loading") await this.engine.cancel(LOAD);
    const previous = this.model;
    const settle = (info: ModelInfo | undefined) =>
      (this.state = info ? { status: "ready", info } : { status: "none" });
    this.error = undefined;
    const show = (progress: { done: number; total: number; note: string }) => {
      if (request !== this.#request) return;
      const before = this.state.status === "loading" ? this.state : undefined;
      const phase = phaseAfter(before, progress, performance.now());
      this.state = { status: "loading", name: source.name, progress, phase, previous };
    };
    show({ done: 0, total: 0, note: "opening" });
    try {
      const info = await this.engine.loadOtherModel(source, "auto", LOAD, show);
      if (request !== this.#request) return;
      this.#source = source;
      settle(info);
      void this.health.examine(info);
    } catch (error) {
      if (request !== this.#request) return;
      settle(previous);
      if (!isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    }
  }

  cancel(): void {
    void this.engine.cancel(LOAD);
  }

  async close(): Promise<void> {
    this.#request++;
    this.cancel();
    this.#source = undefined;
    this.error = undefined;
    this.state = { status: "none" };
    await this.engine.closeOtherModel();
  }

  /** The engine has lost everything: what needs no network is opened again. */
  async reopen(): Promise<void> {
    const source = this.#source;
    this.state = { status: "none" };
    if (source && source.kind !== "hub") await this.load(source);
  }
}
