/** From what was captured and the panel's settings to the one tensor that is drawn, and how. */
import { insideTokens } from "../../../client/tokens/insideTokens";
import type { TensorRef } from "../../../protocol/analysis";
import type { EngineApi } from "../../../protocol/api";
import { siteDoc, type Site } from "../../../protocol/sites";
import { tokenLabel } from "../../../client/tokens/tokenText";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import { choice } from "../../../client/choice";
import { SIDE_NAMES, SIDES, type Side } from "../../../client/sides";
import type { Captured } from "./capture.svelte";
import { headsOf, isByKey, layoutOf, type Layout } from "./layout";
import { type Settings } from "./settings";
import type { TextStats } from "./statistics";

export interface ShownTensor {
  readonly tensor: TensorRef;
  /** Subtracted from it, where the difference is shown. */
  readonly minus: TensorRef | undefined;
  readonly shown: Side;
  readonly tokens: readonly string[];
  readonly layout: Layout;
  readonly scale: "signed" | "sequential";
  readonly title: string;
}

/** Without edits there is only now. */
export const shownOf = ({ baseline }: Captured, view: Pick<Settings, "shown">): Side =>
  baseline ? choice(SIDES, view.shown, "now") : "now";

/** `text`: which of several texts. */
export function shownTensorOf(
  captured: Captured,
  text: number,
  view: Pick<Settings, "shown" | "allHeads">,
  head: number,
): ShownTensor | undefined {
  const { site, now, baseline, texts, edits } = captured;
  const shown = shownOf(captured, view);
  const tensor = (shown === "baseline" ? baseline : now)?.[text];
  const tokens = texts[text]?.tokens;
  if (!tensor || !tokens) return undefined;
  const read = shown === "baseline" ? tokens : withTokenEdits(tokens, edits);
  const layout = layoutOf(site, tensor.shape, head, view.allHeads);
  const heads = headsOf(site, tensor.shape);
  const oneHead = heads > 0 && !layout.headWidth ? [`head ${Math.min(head, heads - 1)}`] : [];
  return {
    ...{ tensor, shown, layout },
    minus: shown === "difference" ? baseline?.[text] : undefined,
    tokens: read.map((token) => tokenLabel(token.text)),
    scale: site.endsWith(".pattern") && shown !== "difference" ? "sequential" : "signed",
    title: [site, ...oneHead, ...(baseline ? [SIDE_NAMES[shown]] : [])].join(" · "),
  };
}

/** Where an element (its index along each axis) is in the matrix that is drawn; its head, to choose it. */
export function cellOfElement(
  site: Site,
  shape: readonly number[],
  at: readonly number[],
  allHeads: boolean,
): { readonly head?: number; readonly row: number; readonly col: number } {
  const [first = 0, second = 0, third = 0] = at;
  if (isByKey(site)) return { head: first, row: second, col: third };
  if (!siteDoc(site).shape.includes("head")) return { row: first, col: second };
  return allHeads
    ? { row: first, col: second * (shape[2] ?? 1) + third }
    : { head: second, row: first, col: third };
}

export interface CapturedStats {
  readonly of: Captured;
  /** One a text. */
  readonly texts: readonly TextStats[];
  /** Texts of the token ids that outliers of logits are at. */
  readonly vocabulary: ReadonlyMap<number, string>;
}

/** Of every text: now, and where there are edits without them and the difference. */
export async function statsOf(engine: EngineApi, captured: Captured): Promise<CapturedStats> {
  const { site, now, baseline } = captured;
  const texts: TextStats[] = [];
  for (const [i, { id }] of now.entries()) {
    const other = baseline?.[i]?.id;
    texts.push({
      now: await engine.tensorStats(id),
      ...(other === undefined
        ? {}
        : { baseline: await engine.tensorStats(other), difference: await engine.tensorStats(id, other) }),
    });
  }
  const found = texts.flatMap((one) => Object.values(one).flatMap(({ outliers }) => outliers));
  const ids = site === "logits" ? found.map(({ at }) => at[1] ?? 0) : [];
  return { of: captured, texts, vocabulary: await textsOf(engine, ids) };
}

/** How tokens are written, by their ids. */
export async function textsOf(engine: EngineApi, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const tokens = await insideTokens(engine, [...new Set(ids)]);
  return new Map(tokens.map(({ id, text }) => [id, tokenLabel(text)]));
}

/** What the caption says of the text. */
export function sourceWords({ source, texts, request }: Captured, text: number): string[] {
  const { tokens = [], label = "", writtenFrom = 0 } = texts[text] ?? {};
  const length = `n = ${tokens.length} tokens`;
  if (request) {
    const { temperature, seed } = request;
    return [`written from position ${writtenFrom} on at temperature ${temperature}, seed ${seed}`, length];
  }
  return source === "prompts" ? [`prompt ${text}: “${label}”`, length] : [length];
}
