/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Anchors",
  sentence: "Let the model write on from every step: after which step does the answer change its odds?",
  order: 1.6,
  load: () => import("./Anchors.svelte"),
} satisfies PanelInfo;
