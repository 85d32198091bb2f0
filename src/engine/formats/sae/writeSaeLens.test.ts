/** What is written here is read by the reader of the layout, as it was. */
import { expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { fileFromBytes } from "../bytes/source";
import { findSaes, openSae } from "./findSaes";
import { writeSaeLens } from "./writeSaeLens";

const ORIGIN = {
  ...{ modelName: "ledger", modelSha256: "ab".repeat(32), contextSize: 64, prependBos: true },
  training: { steps: 7 },
};

it.each([
  ["blocks.2.resid_post", "blocks.2.resid_post", 6],
  ["blocks.1.ln2.normalized", "blocks.1.mlp_out", 5],
])("%s → %s", async (siteIn, siteOut, dOut) => {
  const weights = {
    ...{ siteIn, siteOut, k: 3, nLatents: 11, encoder: noise(66, 1), encoderBias: noise(11, 2) },
    ...{ decoder: noise(11 * dOut, 3), decoderBias: noise(dOut, 4) },
  };
  const files = writeSaeLens(weights, ORIGIN).map(({ name, data }) => fileFromBytes(`mine/${name}`, data));
  const { saes, refused } = await findSaes(files, {});
  expect(refused).toEqual([]);
  const opened = await openSae(saes[0]!);
  expect(opened.description).toMatchObject({
    ...{ layout: "SAELens", activation: "topk", k: 3, dIn: 6, dOut, nLatents: 11, siteIn, siteOut },
    ...{ modelName: "ledger", contextSize: 64, prependBos: true, input: { scheme: "none" } },
  });
  expect(new TextDecoder().decode(await files[0]!.slice(0, files[0]!.size))).toContain('"steps": 7');
});
