/** Thought anchors on a real WebGPU adapter are those of the CPU device. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { randomGpt2 } from "../../models/randomModel";
import { anchorRollouts, stepAttention, stepSuppression } from "./anchors";
import { ASKED, CHAIN, IDS } from "./anchors.samples";

it("writes the same rollouts, and measures the same suppression and attention", async () => {
  const models = [randomGpt2(await sharedWebGpu()), randomGpt2(await sharedCpu())];
  const [here, there] = await Promise.all(
    models.map(async (model) => ({
      rollouts: await anchorRollouts(model, IDS, ASKED, NEVER_CANCELLED),
      hidden: await stepSuppression(model, { chain: CHAIN, temperature: 0.6 }, NEVER_CANCELLED),
      looks: await stepAttention(model, { chain: CHAIN }, NEVER_CANCELLED),
    })),
  );
  expect(here!.rollouts.rollouts.map(({ text }) => text)).toEqual(
    there!.rollouts.rollouts.map(({ text }) => text),
  );
  here!.hidden.logKl.forEach((value, i) => {
    const other = there!.hidden.logKl[i]!;
    if (Number.isNaN(other)) expect(value).toBeNaN();
    else expect(Math.abs(value - other)).toBeLessThan(0.02);
  });
  here!.looks.attention.forEach((value, i) =>
    expect(Math.abs(value - there!.looks.attention[i]!)).toBeLessThan(1e-4),
  );
});
