/** What is done with attached autoencoders, on a WebGPU adapter at the limits that every device has. */
import { beforeAll, describe, expect, it } from "vitest";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import type { WebGpuDevice } from "../../device/webgpu";
import { attachRandom } from "../../interp/sae/attachRandom.samples";
import { randomGpt2 } from "../../models/randomModel";
import { corpusTests } from "../saeCorpus/saeCorpus.samples";
import { effectTests } from "../saeEffects/saeEffects.samples";
import { latentsByLogit } from "../saeByLogit/saeByLogit";
import { traceTests } from "../saeTrace/saeTrace.samples";

let device: WebGpuDevice;
beforeAll(async () => {
  device = await sharedWebGpu();
});
const open = () => randomGpt2(device);

describe("traces", () => traceTests(open));
describe("effects", () => effectTests(open));
describe("corpus", () => corpusTests(open, 16));

it("ranks latents by a token as the CPU device does", async () => {
  const found = [];
  for (const model of [open(), randomGpt2(await sharedCpu())]) {
    for (const siteIn of ["blocks.0.resid_post", "blocks.0.mlp.post"]) {
      attachRandom(model, 1, { kind: "topk", siteIn, options: { precision: "f16" } });
      found.push(await latentsByLogit(model, { sae: 1, token: 6, k: 3 }));
    }
  }
  const [stream, hidden, onCpu, hiddenOnCpu] = found;
  for (const [one, other] of [
    [stream!, onCpu!],
    [hidden!, hiddenOnCpu!],
  ] as const) {
    expect(one.ids).toEqual(other.ids);
    one.values.forEach((value, i) => expect(value).toBeCloseTo(other.values[i]!, 4));
  }
});
