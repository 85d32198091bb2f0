/** For tests: z of `attentionTapped` beside z of `attention` on the same problem, on one device. */
import attentionCases from "../attention/attention.cases";
import type { CaseArray, KernelCase, KernelCases } from "../case";
import cases from "./attentionTapped.cases";

type RunCase = (kernelCases: KernelCases, testCase: KernelCase) => Promise<Record<string, CaseArray>>;

export async function bothZ(run: RunCase, label: string): Promise<[fused: CaseArray, tapped: CaseArray]> {
  const testCase = cases.cases.find((one) => one.label === label)!;
  const zOf = async (kernelCases: KernelCases) => {
    const { kernel } = kernelCases;
    const names = Object.keys({ ...kernel.reads, ...kernel.writes });
    const buffers = Object.fromEntries(names.map((name) => [name, testCase.buffers[name]!]));
    return (await run(kernelCases, { ...testCase, buffers }))["z"]!;
  };
  return [await zOf(attentionCases), await zOf(cases)];
}

export const LABELS = cases.cases.map(({ label }) => label);
