/** Edits in the trie on a real WebGPU adapter: as one whole row for each coalition, and as on the CPU device. */
import { beforeAll, describe, expect, it } from "vitest";
import { ABLATION_MODES } from "../../../protocol/chain";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { expectAsNaive, valuedUnder } from "./chainEdits.checks.samples";
import { STACKS } from "./chainEdits.samples";
import { CHAIN } from "./coalitionTrie.samples";

let gpu: Model;
let cpu: Model;
beforeAll(async () => {
  gpu = randomGpt2(await sharedWebGpu());
  cpu = randomGpt2(await sharedCpu());
});

const SOME = [22, 5, 0, 63].map((s) => CHAIN.steps.map((_, i) => ((s >> i) & 1) === 1));
/** One stack that has most kinds, and what is computed on the device alone. */
const NAMES = ["frozen norms", "a long stack"];

describe.each(ABLATION_MODES)("mode %s", (mode) => {
  it.each(NAMES)("%s", async (name) => {
    const edits = STACKS[name]!;
    await expectAsNaive(gpu, mode, edits, SOME.slice(0, 1), 0);
    const [here, there] = [
      await valuedUnder(gpu, mode, edits, SOME),
      await valuedUnder(cpu, mode, edits, SOME),
    ];
    here.forEach((samples, s) =>
      samples.forEach((one, i) => expect(Math.abs(one.value - there[s]![i]!.value)).toBeLessThan(1e-4)),
    );
  });
});
