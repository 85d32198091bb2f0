/**
 * What belongs to the page's model and goes with it: autoencoders, the corpora they read, those that learn, Jacobian lenses. The
 * code of each is fetched with the first of them.
 */
import type { SaeInfo } from "../../protocol/sae/features";
import type { LensInfo } from "../../protocol/gradients/lenses";
import type { Model } from "../models/model";
import type { OpenCorpora } from "./openCorpora";
import type { OpenLenses } from "./openLenses";
import type { OpenSaes } from "./openSaes";
import type { OpenTrainings } from "./openTrainings";

export class HeldSaes {
  #saes: OpenSaes | undefined;
  #corpora: OpenCorpora | undefined;
  #trainings: OpenTrainings | undefined;
  #lenses: OpenLenses | undefined;

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

  async lenses(): Promise<OpenLenses> {
    const { OpenLenses } = await import("./openLenses");
    return (this.#lenses ??= new OpenLenses());
  }

  get lensInfos(): readonly LensInfo[] {
    return this.#lenses?.infos ?? [];
  }

  releaseLens(id: number): void {
    this.#lenses?.release(id);
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
    this.#lenses?.forget();
  }
}
