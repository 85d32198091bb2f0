/** For tests: norms repeated by `normApply` with the scales that they wrote, on one device. */
import { expect } from "vitest";
import type { CaseArray, KernelCase, KernelCases } from "../case";
import layerNormCases from "../layerNorm/layerNorm.cases";
import rmsNormCases from "../rmsNorm/rmsNorm.cases";
import normApplyCases from "./normApply.cases";

type RunCase = (kernelCases: KernelCases, testCase: KernelCase) => Promise<Record<string, CaseArray>>;

export const repeatedNorms = [layerNormCases, rmsNormCases].flatMap((norm) =>
  norm.cases.map((testCase) => ({
    label: `${norm.kernel.name}: ${testCase.label}`,
    async check(run: RunCase) {
      const { params, buffers } = testCase;
      const { y, scale } = await run(norm, testCase);
      const centred = norm === layerNormCases ? 1 : 0;
      const repeated = await run(normApplyCases, {
        label: testCase.label,
        params: { ...params, centred, weightOffset: params["weightOffset"] ?? 0 },
        buffers: {
          x: buffers["x"]!,
          scale: scale!,
          weight: buffers["weight"]!,
          bias: buffers["bias"] ?? buffers["weight"]!,
          y: y!.slice().fill(NaN),
        },
      });
      expect(repeated["y"]).toEqual(y);
    },
  })),
);
