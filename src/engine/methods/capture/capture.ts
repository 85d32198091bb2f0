/**
 * Activations of any sites, of one prompt or many, under the edits of each.
 *
 *   1. plan: the shape of every site for every prompt, from the config alone; nothing runs
 *   2. resolve each prompt's edits to tokens and interventions
 *   3. run all prompts as rows of one run, which reads everything back in one go; where that is more than one run may
 *      hold, prompts (and of a single prompt too large for one run, sites) are divided over several
 */
import type { CapturePlan, CaptureRequest } from "../../../protocol/analysis";
import type { GenerateRequest } from "../../../protocol/api";
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Site } from "../../../protocol/sites";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { siteNamed, type Model } from "../../models/model";
import { siteShape } from "../../models/siteShape";

type Asked = Pick<CaptureRequest, "prompts" | "sites">;

export interface CapturedTensor {
  /** Index of the prompt in the request. */
  readonly prompt: number;
  readonly site: Site;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Most that one run captures: it is on the device and in the read-back at the same time. */
const MAX_RUN_BYTES = 256 << 20;
/** What a read-back may take of the largest buffer; q, k and v that were computed together are read together. */
const BUFFER_SHARE = 0.5;

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

type Plan = Omit<CapturePlan, "limitBytes">;

export function planCapture(model: Model, { prompts, sites }: Asked): Plan {
  const { nCtx } = model.config;
  for (const [prompt, { tokens }] of prompts.entries()) {
    if (tokens.length === 0) refuse(`Prompt ${prompt} is empty; give the model at least one token to read.`);
    if (tokens.length > nCtx) {
      refuse(`Prompt ${prompt} has ${tokens.length} tokens and this model reads ${nCtx}; shorten it.`);
    }
  }
  return planLengths(
    model,
    prompts.map(({ tokens }) => tokens.length),
    sites,
  );
}

/** Bytes of what a generation captures, if it writes as much as it may. */
export function generationBytes(model: Model, { tokens, maxTokens, capture = [] }: GenerateRequest): number {
  const longest = Math.min(model.config.nCtx, tokens.length + maxTokens - 1);
  return planLengths(model, [longest], capture).bytes;
}

function planLengths(model: Model, lengths: readonly number[], sites: readonly Site[]): Plan {
  const named = [...new Set(sites.map((site) => siteNamed(model, site)))];
  const tensors = lengths.flatMap((length) =>
    named.map((site) => {
      const shape = siteShape(model.config, site, length);
      return { site, shape, bytes: 4 * shape.reduce((product, n) => product * n, 1) };
    }),
  );
  return { tensors, bytes: sum(tensors.map(({ bytes }) => bytes)) };
}

const runLimit = ({ memory }: Model) =>
  Math.min(MAX_RUN_BYTES, BUFFER_SHARE * memory.device.limits.maxBufferBytes);

/** Tensors of the first prompt in the order of the sites asked for, then those of the next. */
export async function capture(
  model: Model,
  request: Asked,
  pauser: Pauser,
  runBytes = runLimit(model),
): Promise<CapturedTensor[]> {
  const plan = planCapture(model, request);
  const sites = [...new Set(plan.tensors.map(({ site }) => site))];
  const captured: CapturedTensor[] = [];
  for (const part of partsOf(plan, sites, runBytes)) {
    await pauser.pause();
    const rows = [];
    for (const prompt of part.prompts) {
      rows.push(await resolveEdits(model, request.prompts[prompt] ?? { tokens: [] }, pauser));
    }
    const { captures } = await run(model, { rows, capture: part.sites });
    captured.push(...captures.map(({ row, ...tensor }) => ({ prompt: part.prompts[row] ?? 0, ...tensor })));
  }
  const order = new Map(sites.map((site, i) => [site, i]));
  const place = ({ prompt, site }: CapturedTensor) => prompt * sites.length + (order.get(site) ?? 0);
  return captured.sort((a, b) => place(a) - place(b));
}

interface Part {
  readonly prompts: number[];
  readonly sites: readonly Site[];
}

/** What goes into one run: as many whole prompts as fit, or as many sites of a prompt that does not fit whole. */
function partsOf({ tensors }: Plan, sites: readonly Site[], limit: number): Part[] {
  const parts: Part[] = [];
  let room = -1;
  for (let prompt = 0; prompt * sites.length < tensors.length; prompt++) {
    const own = tensors.slice(prompt * sites.length, (prompt + 1) * sites.length);
    const bytes = sum(own.map((tensor) => tensor.bytes));
    if (bytes > limit) {
      parts.push(...groupsOf(own, limit).map((group) => ({ prompts: [prompt], sites: group })));
      room = -1;
    } else if (bytes <= room) {
      parts.at(-1)?.prompts.push(prompt);
      room -= bytes;
    } else {
      parts.push({ prompts: [prompt], sites });
      room = limit - bytes;
    }
  }
  return parts;
}

/** Sites in groups that stay within the limit where they can. */
function groupsOf(tensors: Plan["tensors"], limit: number): Site[][] {
  const groups: Site[][] = [];
  let room = -1;
  for (const { site, bytes } of tensors) {
    if (bytes > room) {
      groups.push([]);
      room = limit;
    }
    groups.at(-1)?.push(site);
    room -= bytes;
  }
  return groups;
}
