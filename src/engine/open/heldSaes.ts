/** Autoencoders of the page's model, the corpora they read, and those that learn. Their code is fetched with the first of them. */
import type { SaeInfo } from "../../protocol/features";
import type { Model } from "../models/model";
import type { OpenCorpora } from "./openCorpora";
import type { OpenSaes } from "./openSaes";
import type { OpenTrainings } from "./openTrainings";

export class HeldSaes {
  #saes: OpenSaes | undefined;
  #corpora: OpenCorpora | undefined;
  #trainings: OpenTrainings | undefined;

  async saes(): Promise<OpenSaes> {
    const { OpenSaes } = await import("./openSaes");
    return (this.#saes ??= new OpenSaes());
  }

  async corpora(): Promise<OpenCorpora> {
    const { OpenCorpora } = await import("./openCorpora");
    return (this.#corpora ??= new OpenCorpora());
  }

  async trainings(): Promise<OpenTrainings> {
    const { OpenTrainings } = await import("./openTrainings");
    return (this.#trainings ??= new OpenTrainings());
  }

  get infos(): readonly SaeInfo[] {
    return this.#saes?.infos ?? [];
  }

  /** What frees the autoencoder's memory; undefined if none was ever attached. */
  detach(model: Model, id: number): (() => void) | undefined {
    return this.#saes?.detach(model, id);
  }

  releaseCorpus(id: number): void {
    this.#corpora?.release(id);
  }

  releaseTraining(id: number): void {
    this.#trainings?.release(id);
  }

  /** The same model was loaded on another device. */
  async moveTo(model: Model): Promise<void> {
    await this.#saes?.moveTo(model);
  }

  /** Another model took the place of the one they belong to. */
  forget(): void {
    this.#saes?.forget();
    this.#corpora?.forget();
    this.#trainings?.forget();
  }
}
