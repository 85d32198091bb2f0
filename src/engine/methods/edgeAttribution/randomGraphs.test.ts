/** Graphs of edges that are drawn: the null beside those of the strongest. */
import { expect, it } from "vitest";
import type { EdgeAttributionRequest } from "../../../protocol/gradients/attributions";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import { randomGpt2 } from "../../models/randomModel";
import { edgeAttribution } from "./edgeAttribution";

const named = (tokens: readonly number[]) => ({ text: "", tokens });

async function ask(given: Partial<EdgeAttributionRequest> = {}) {
  const model = randomGpt2(await createCpuDevice());
  const request: EdgeAttributionRequest = {
    ...{ prompt: named([3, 1, 4, 1, 5, 9, 2, 6]), donor: named([3, 1, 8, 7, 5, 9, 0, 6]), position: 6 },
    ...{ metric: { kind: "logitDifference", target: 2, minus: 7 }, at: { kind: "prompt" }, most: 1000 },
    ...given,
  };
  return edgeAttribution(model, request, NEVER_CANCELLED);
}

it("draws random graphs by the seed: all edges are the prompt, few are not the strongest", async () => {
  const { edgeCount } = await ask();
  const keep = [4, edgeCount];
  const once = await ask({ keep, randomGraphs: { draws: 3, seed: 1 } });
  const again = await ask({ keep, randomGraphs: { draws: 3, seed: 1 } });
  const other = await ask({ keep, randomGraphs: { draws: 3, seed: 2 } });
  expect(once.randomGraphs.map(({ kept }) => kept)).toEqual([4, 4, 4, edgeCount, edgeCount, edgeCount]);
  expect(once.randomGraphs).toEqual(again.randomGraphs);
  expect(once.randomGraphs.slice(0, 3)).not.toEqual(other.randomGraphs.slice(0, 3));
  once.randomGraphs.slice(3).forEach(({ faithfulness }) => expect(faithfulness).toBeCloseTo(1, 1));
  expect(once.done).toBe(once.total);
  expect((await ask({ keep })).randomGraphs).toEqual([]);
  await expect(ask({ randomGraphs: { draws: -1, seed: 1 } })).rejects.toThrow(/from 0 on/);
});
