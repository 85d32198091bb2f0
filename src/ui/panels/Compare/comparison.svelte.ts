/**
 * The panel's state: both sides aligned, what the engine found, and which pair is looked at. Each answer keeps the
 * sides that it was computed for, so that nothing on screen is mixed from two questions.
 */
import { editsOfJson } from "../../../client/link/edits";
import type { Session } from "../../state/session.svelte";
import { WAIT, type Next, type Query } from "../../state/query.svelte";
import { differenceOf, hasHeads, isByKey, type ActivationDifference } from "./activation";
import { alignSides, compareSides, type Aligned, type Compared } from "./compared";
import { ALIGNMENTS, oneOf, sideSettings, type Settings } from "./settings";
import { questionOf, type SideQuestion } from "./sides";
import { commonSites, pairAt, siteOf } from "./view";

export class Comparison {
  readonly aligned: Query<Aligned>;
  readonly compared: Query<Compared>;
  readonly difference: Query<ActivationDifference>;

  constructor(
    private readonly session: Session,
    readonly view: Settings,
  ) {
    this.aligned = session.query(() => this.#align());
    this.compared = session.query(() => this.#compare());
    this.difference = session.query(() => this.#subtract());
  }

  readonly kept = $derived.by(() => editsOfJson(this.view.kept));

  readonly #asked = $derived.by(() =>
    (["left", "right"] as const).map((side) =>
      questionOf(this.session, side, sideSettings(this.view, side), this.kept),
    ),
  );

  /** What is missing before both sides can run. */
  readonly missing = $derived.by(() => this.#asked.filter((asked) => typeof asked === "string"));

  readonly #questions = $derived.by((): readonly [SideQuestion, SideQuestion] | undefined => {
    const [left, right] = this.#asked;
    return typeof left === "object" && typeof right === "object" ? [left, right] : undefined;
  });

  /** Reads both texts and aligns them. */
  #align(): Next<Aligned> {
    const questions = this.#questions;
    const by = oneOf(ALIGNMENTS, this.view.align);
    return questions ? () => alignSides(this.session.engine, questions, by) : WAIT;
  }

  /** Runs both. */
  #compare(): Next<Compared> {
    const { value } = this.aligned;
    return value ? (runId) => compareSides(this.session.engine, value, runId) : WAIT;
  }

  readonly sites = $derived.by(() => {
    const { value } = this.aligned;
    return value ? commonSites(value.left.info, value.right.info) : [];
  });

  readonly site = $derived.by(() =>
    this.sites.some(({ name }) => name === this.view.site) ? this.view.site : "",
  );

  readonly layers = $derived.by(() => {
    const { value } = this.aligned;
    return value ? Math.min(value.left.info.nLayers, value.right.info.nLayers) : 0;
  });

  readonly layer = $derived.by(() => Math.max(0, Math.min(this.session.selection.layer, this.layers - 1)));

  /** Heads of the chosen site that both models have; 0 where it has no heads. */
  readonly heads = $derived.by(() => {
    const { value } = this.aligned;
    const site = siteOf(this.site, this.layer);
    if (!value || !hasHeads(site)) return 0;
    const isKeyValue = /\.attn\.(rot_)?k$|\.attn\.v$/.test(site);
    const counts = [value.left.info, value.right.info].map((info) =>
      isKeyValue ? info.nKvHeads : info.nHeads,
    );
    return Math.min(...counts);
  });

  /** Undefined: all heads side by side. */
  readonly head = $derived.by((): number | undefined => {
    if (this.heads === 0) return undefined;
    const chosen = Math.min(this.view.head, this.heads - 1);
    return chosen >= 0 ? chosen : isByKey(siteOf(this.site, this.layer)) ? 0 : undefined;
  });

  /** Captures the chosen site in both. */
  #subtract(): Next<ActivationDifference> {
    const { value } = this.aligned;
    const { site, layer, head } = this;
    if (!value || site === "") return undefined;
    return (runId) => differenceOf(this.session.engine, value, siteOf(site, layer), head, runId);
  }

  /** Index of the pair that is looked at, among those of an alignment. */
  chosen({ pairs, left, right }: Aligned): number {
    if (left.isStrip || right.isStrip) return pairAt(pairs, left.isStrip ? 0 : 1, this.session.position);
    const { pair } = this.view;
    return pair >= 0 && pair < pairs.length ? pair : pairs.length - 1;
  }

  /** Looks at a pair; where a side is the page's own prompt, its token is pinned for every panel. */
  choose({ pairs, left, right }: Aligned, index: number): void {
    const pair = pairs[index];
    if (!pair) return;
    if (left.isStrip || right.isStrip) this.session.selection.pinned = pair[left.isStrip ? 0 : 1];
    else this.view.pair = index;
  }
}
