/** An attached sparse autoencoder: its weights on the device, and the sites of the model that it reads and writes. */
import type { SaeDescription } from "../../protocol/sae";
import type { Site } from "../../protocol/sites";
import type { SaeWeights } from "../ops/saeWeights";

export interface Sae {
  readonly description: SaeDescription;
  readonly siteIn: Site;
  readonly siteOut: Site;
  readonly weights: SaeWeights;
}
