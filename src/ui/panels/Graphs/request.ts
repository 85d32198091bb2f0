/** What the panel asks the engine for, and what that costs. */
import type { DeviceInfo, ModelInfo } from "../../../protocol/api";
import type { SaeInfo } from "../../../protocol/sae/features";
import type { AttributionGraphRequest } from "../../../protocol/gradients/graphs";
import type { EditedPrompt } from "../../../protocol/interventions";
import { CHECKED, DICTIONARIES, type Dictionaries } from "./settings";

/**
 * Transcoders of MLPs, or autoencoders of the residual stream; of those that write one site the first that was attached. A
 * cross-layer transcoder is taken whole or not at all, so the first that was attached tells which kind of transcoder it is.
 */
export function dictionariesOf(saes: readonly SaeInfo[], kind: Dictionaries): SaeInfo[] {
  const ofKind = saes.filter((sae) =>
    kind === "transcoders"
      ? sae.siteIn !== sae.siteOut
      : sae.siteIn === sae.siteOut && sae.siteOut.includes("resid"),
  );
  const alike = ofKind.filter(({ writes }) => (writes === undefined) === (ofKind[0]?.writes === undefined));
  return alike.filter((sae, i) => alike.findIndex(({ siteOut }) => siteOut === sae.siteOut) === i);
}

/** Kinds that are attached, transcoders first: they leave the rest of the model as it is. */
export const attachedKinds = (saes: readonly SaeInfo[]): Dictionaries[] =>
  DICTIONARIES.filter((kind) => dictionariesOf(saes, kind).length > 0);

export interface Asking {
  readonly prompt: EditedPrompt;
  readonly position: number;
  readonly saes: readonly SaeInfo[];
  /** A token that was typed. */
  readonly target: number | undefined;
  readonly mass: number;
  readonly mostTargets: number;
  readonly mostLatents: number;
  readonly nodeThreshold: number;
  readonly linkThreshold: number;
  readonly check: boolean;
}

export function requestOf({ saes, target, check, ...rest }: Asking): AttributionGraphRequest {
  return {
    ...rest,
    saes: saes.map(({ id }) => id),
    ...(target !== undefined && { targets: [target] }),
    ...(check && { check: CHECKED }),
  };
}

/** Tokens that go through the model, about: forwards, walks back (each as two forwards), ablations. */
export function costOf({ position, mostTargets, mostLatents, check }: Asking): number {
  const runs = 1 + 2 * (mostTargets + mostLatents) + (check ? CHECKED.largest + CHECKED.random : 0);
  return runs * (position + 1);
}

/** Parameters × tokens that are run again without asking: some seconds. */
const UNASKED = { cpu: 1e11, webgpu: 1e12 } as const;

export const isCheap = (
  tokens: number,
  { parameters }: Pick<ModelInfo, "parameters">,
  device: Pick<DeviceInfo, "kind"> | undefined,
): boolean => tokens * parameters <= UNASKED[device?.kind ?? "cpu"];
