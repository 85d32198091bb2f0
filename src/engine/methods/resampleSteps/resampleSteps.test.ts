/** Steps written again: where a text ends, the same seed, and the most probable tokens at temperature 0. */
import { beforeAll, describe, expect, it } from "vitest";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import type { ChainTokens, ResampleStepsRequest } from "../../../protocol/chain";
import { createCpuDevice } from "../../device/cpu";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { resampleSteps } from "./resampleSteps";

const CHAIN: ChainTokens = {
  prompt: [0, 3, 7],
  steps: [[1, 4, 2], [], [5, 2], [6, 1, 8, 4]],
  answerPrefix: [9],
  answer: [4],
};
const ASKED: ResampleStepsRequest = { chain: CHAIN, samples: 5, seed: 7, temperature: 1, topP: 1 };

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
});
const resampled = (changes: Partial<ResampleStepsRequest> = {}) =>
  resampleSteps(model, { ...ASKED, ...changes }, NEVER_CANCELLED);

/** What the model finds most probable, token by token, until the step ends. */
async function greedy(before: readonly number[], step: readonly number[]): Promise<number[]> {
  const written: number[] = [];
  while (written.length < 2 * step.length && written.at(-1) !== step.at(-1)) {
    const tokens = [...before, ...written];
    const { top } = await run(model, {
      rows: [{ tokens }],
      top: [{ row: 0, position: tokens.length - 1, k: 1 }],
    });
    written.push(top[0]!.ids[0]!);
  }
  return written;
}

describe("resampled steps", () => {
  it("end with the step's last token, or at twice its length", async () => {
    const written = await resampled({ samples: 40 });
    expect(written).toHaveLength(40);
    let cut = 0;
    for (const sample of written) {
      expect(sample).toHaveLength(4);
      for (const [i, text] of sample.entries()) {
        const step = CHAIN.steps[i]!;
        const end = text.indexOf(step.at(-1) ?? -1);
        if (end >= 0) expect(end).toBe(text.length - 1);
        else expect(text).toHaveLength(2 * step.length);
        if (end >= 0 && text.length < 2 * step.length) cut++;
      }
    }
    expect(cut).toBeGreaterThan(0);
    expect(new Set(written.map((sample) => sample[3]!.join())).size).toBeGreaterThan(20);
  });

  it("are the same for the same seed, and for more samples", async () => {
    const once = await resampled();
    expect(await resampled()).toEqual(once);
    expect((await resampled({ samples: 70 })).slice(0, 5)).toEqual(once);
    expect(await resampled({ seed: 8 })).not.toEqual(once);
    // Equal steps are drawn anew each time.
    const chain = {
      ...CHAIN,
      steps: [
        [5, 2],
        [5, 2],
      ],
    };
    const twice = await resampled({ chain, samples: 20 });
    expect(twice.map(([first]) => first)).not.toEqual(twice.map(([, second]) => second));
  });

  it("go on past the rows that one pass takes", async () => {
    const written = await resampled({ samples: 70 });
    expect(written.every((sample) => sample.length === 4 && sample[0]!.length > 0)).toBe(true);
    expect(written.slice(64)).not.toEqual(written.slice(0, 6));
  });

  it("follow the original steps before them", async () => {
    const written = await resampled({ temperature: 0, samples: 2 });
    for (const [i, step] of CHAIN.steps.entries()) {
      const before = [...CHAIN.prompt, ...CHAIN.steps.slice(0, i).flat()];
      expect(written[0]![i]).toEqual(await greedy(before, step));
    }
    expect(written[1]).toEqual(written[0]);
  });

  it("stop at the end of the context", async () => {
    const prompt = Array.from({ length: 61 }, (_, i) => i % 11);
    const chain = { ...CHAIN, prompt, steps: [[1, 2, 12]] };
    const written = await resampled({ chain, samples: 30 });
    expect(Math.max(...written.map(([text]) => text!.length))).toBe(3);
  });

  it("report how far they are, and stop when cancelled", async () => {
    const seen: number[] = [];
    await resampleSteps(model, ASKED, NEVER_CANCELLED, ({ done, total }) => seen.push(done / total));
    expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
    const token = new CancelToken();
    token.cancel();
    await expect(resampleSteps(model, ASKED, token)).rejects.toMatchObject({ name: "Cancelled" });
  });

  it.each([
    [{ samples: 0 }, /samples is 0/],
    [{ temperature: -1 }, /temperature is -1/],
    [{ topP: 0 }, /top-p is 0/],
    [{ chain: { ...CHAIN, prompt: [] } }, /prompt is empty/],
    [{ chain: { ...CHAIN, steps: [[77]] } }, /token id 77/],
  ])("refuse %j", async (changes, message) => {
    await expect(resampled(changes)).rejects.toThrow(message);
  });
});
