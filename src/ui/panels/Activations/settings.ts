/** What a link carries of this panel. Layer, head and neuron are the session's own selection. */
import type { Session } from "../../state/session.svelte";

export const PARTS = ["site", "neuron"] as const;
export const SOURCES = ["prompt", "prompts", "writing"] as const;
export type Source = (typeof SOURCES)[number];

export const settingsOf = (session: Session) =>
  session.views.of("Activations", {
    part: "site",
    /** A site's name without its layer. */
    name: "resid_post",
    /** All heads side by side, where there are heads. */
    allHeads: false,
    shown: "now",
    source: "prompt",
    /** Prompts of one's own, one a line. */
    prompts: "",
    /** Colours end at a few deviations, so that outliers do not make everything else grey. */
    clip: true,
  });

export type Settings = ReturnType<typeof settingsOf>;
