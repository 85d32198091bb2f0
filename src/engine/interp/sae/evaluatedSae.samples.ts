/** A small model with an autoencoder of random weights, for tests of what judges autoencoders. */
import type { SaeActivation, SaeDescription } from "../../../protocol/sae/sae";
import type { Site } from "../../../protocol/sites";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import type { Sae } from "../../models/sae";
import { editLatents } from "../../ops/latentEdits";
import { randomSae, uploadSae, type PlainSae } from "../../ops/sae.samples";
import type { SaeInputScheme } from "../../../protocol/sae/sae";

export interface Judged {
  readonly model: Model;
  readonly sae: Sae;
  readonly plain: PlainSae;
}

export async function evaluatedSae(
  activation: SaeActivation,
  input: SaeInputScheme = { scheme: "none" },
  sites: { readonly siteIn: Site; readonly siteOut: Site; readonly skip?: boolean } = {
    siteIn: "blocks.0.resid_post",
    siteOut: "blocks.0.resid_post",
  },
  on?: Device,
): Promise<Judged> {
  const { siteIn, siteOut, skip = false } = sites;
  const device = on ?? (await createCpuDevice());
  const model = randomGpt2(device);
  const shape = { dIn: 8, dOut: 8, nLatents: 40 };
  const plain = randomSae(shape, activation, { input, k: 5, inputBias: true, skip });
  const description: SaeDescription = {
    ...{ name: "random", layout: "SAELens" as const, sha256: "", activation, ...shape, k: 5 },
    ...{ siteIn, siteOut, input, prefixes: [], hasSkip: skip },
  };
  return {
    model,
    plain,
    sae: {
      description,
      siteIn,
      siteOut,
      weights: uploadSae(device, plain, "f32", 17),
      editLatents,
      free: () => undefined,
    },
  };
}
