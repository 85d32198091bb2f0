/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Lens",
  sentence: "See what the model would say if it stopped after each layer, and which parts push a token up.",
  order: 4,
  load: () => import("./Lens.svelte"),
} satisfies PanelInfo;
