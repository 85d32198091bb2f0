/** The models that ship with the page, the examples that come with them, and seeds for new ones. */
export const EMBEDDED_MODELS = ["ledger", "ledger-posthoc"] as const;

export interface Example {
  readonly title: string;
  readonly prompt: string;
  readonly steps: readonly string[];
  readonly answerPrefix: string;
  readonly answer: string;
}

/** Six digits: short enough to say, enough not to meet the same problem twice. */
export function drawSeed(): number {
  return Math.floor(Math.random() * 1_000_000);
}

export async function fetchExamples(name: string): Promise<readonly Example[]> {
  const response = await fetch(new URL(`models/${name}/examples.json`, document.baseURI));
  return response.ok ? ((await response.json()) as Example[]) : [];
}
