/** The lens through matrices: identities change nothing, and any other matrix is applied to the stream before the head. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import { randomGpt2 } from "../../models/randomModel";
import { run } from "../../interp/pass/runRows";
import { logitLens } from "./logitLens";

const request = { prompt: { tokens: [3, 1, 4, 1, 5] }, positions: [4, 1], targets: [2], k: 3 };

it("has a row for each matrix and the model's own output", async () => {
  const model = randomGpt2(await createCpuDevice(), { n_layer: 4 });
  const identity = Float32Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0));
  // The last block's own matrix is never used: what follows it is the model.
  const lens = { layers: [0, 2, 3], matrix: () => identity };
  const plain = await logitLens(model, request, NEVER_CANCELLED);
  const read = await logitLens(model, request, NEVER_CANCELLED, lens);
  expect(read.sites).toEqual([0, 2, 3].map((layer) => `blocks.${layer}.resid_post`));
  expect(read.cells).toEqual(read.sites.map((site) => plain.cells[plain.sites.indexOf(site)]));
});

it("multiplies the stream by the matrix, out by in, also where it is sent in parts", async () => {
  const device = await createCpuDevice();
  const model = randomGpt2(device);
  const J = noise(64, 4);
  const lens = { layers: [0], matrix: () => J };
  const read = await logitLens(model, request, NEVER_CANCELLED, lens);
  // The same change as an edit of the stream: keep nothing, add J x.
  const { captures } = await run(model, {
    rows: [{ tokens: request.prompt.tokens }],
    capture: ["blocks.0.resid_post"],
  });
  const x = captures[0]!.data.slice(32, 40);
  const values = Float32Array.from({ length: 8 }, (_, i) =>
    x.reduce((sum, value, j) => sum + J[i * 8 + j]! * value, 0),
  );
  const last = "blocks.1.resid_post";
  const edited = await run(model, {
    rows: [
      {
        tokens: request.prompt.tokens,
        interventions: [{ kind: "affine", site: last, keep: 0, valuePositions: [4], values, positions: [4] }],
      },
    ],
    score: [{ row: 0, position: 4, target: 2 }],
  });
  expect(read.cells[0]![0]!.targets[0]!.logProb).toBeCloseTo(edited.scores[0]!, 5);
  Object.assign(device.limits, { maxBufferBytes: 8 * 4 * 5 });
  const parted = await logitLens(model, request, NEVER_CANCELLED, lens);
  expect(parted.cells[0]![0]!.targets[0]!.logProb).toBeCloseTo(edited.scores[0]!, 5);
});
