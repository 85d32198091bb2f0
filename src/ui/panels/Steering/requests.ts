/** What the engine is asked: pairs as tokens, what measuring costs, and the edit that a direction is. */
import type { DeviceInfo, ModelInfo, TokenInfo } from "../../../protocol/api";
import type { Edit, NamedTokens, NewEdit } from "../../../protocol/interventions";
import type { ContrastPair, ResidualSite } from "../../../protocol/steering";
import type { PairTexts } from "../../../client/steering/contrastPairs";
import { shortNumbers, type LayerDirection } from "../../../client/steering/directions";

/** Pairs as the model reads them, each with the prompt that its effect is measured on. */
export interface ReadPair extends ContrastPair {
  readonly prompt: NamedTokens;
}

/** Pairs that are tokenized at a time. */
const AT_ONCE = 32;

export async function readPairs(
  texts: readonly PairTexts[],
  tokenize: (text: string) => Promise<readonly TokenInfo[]>,
): Promise<ReadPair[]> {
  const named = async (text: string) => ({ text, tokens: (await tokenize(text)).map(({ id }) => id) });
  const pairs: ReadPair[] = [];
  for (let start = 0; start < texts.length; start += AT_ONCE) {
    const some = texts.slice(start, start + AT_ONCE).map(async ({ positive, negative, prompt }) => {
      const below = await named(negative);
      const read = prompt === undefined ? below : await named(prompt);
      return { positive: await named(positive), negative: below, prompt: read };
    });
    pairs.push(...(await Promise.all(some)));
  }
  return pairs;
}

/** Parameters × tokens that are run without asking: some seconds on the CPU. */
const UNASKED = { cpu: 2.5e10, webgpu: 1e12 } as const;

export const isCheap = (
  tokens: number,
  { parameters }: Pick<ModelInfo, "parameters">,
  device: Pick<DeviceInfo, "kind"> | undefined,
): boolean => tokens * parameters <= UNASKED[device?.kind ?? "cpu"];

/** About as many tokens as texts have, before they are read: a word is at most one and a half. */
export const aboutTokens = (texts: readonly PairTexts[]): number =>
  texts.reduce((sum, { positive, negative }) => sum + 1.5 * `${positive} ${negative}`.split(/\s+/).length, 0);

/** A cell for every layer, strength and direction, of every prompt. */
export const effectTokens = (
  prompts: readonly (readonly number[])[],
  layers: number,
  strengths: number,
  controls: number,
  at: "last" | "all",
): number =>
  prompts.reduce(
    (sum, { length }) => sum + length + layers * strengths * (controls + 1) * (at === "all" ? length : 1),
    0,
  );

/** The direction of one layer as an edit; `from`: the first position that it is added at. */
export const steeringEdit = (
  { layer, values }: LayerDirection,
  site: ResidualSite,
  name: string,
  coefficient: number,
  from: number | undefined,
): NewEdit<"add"> => ({
  ...{ kind: "add", site, layers: [layer], coefficient },
  ...(from !== undefined && { positions: { from } }),
  direction: { kind: "vector", name, values: shortNumbers(values) },
});

/** Whether an edit of the stack is the direction of this name, of one layer or of any. */
export const isOfName = (edit: Edit, name: string, layer?: number): boolean =>
  edit.kind === "add" &&
  edit.direction.kind === "vector" &&
  edit.direction.name === name &&
  (layer === undefined || edit.layers?.[0] === layer);
