/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Activations",
  sentence: "Look at any tensor inside the model: its values, its statistics, its neurons.",
  order: 5,
  load: () => import("./Activations.svelte"),
} satisfies PanelInfo;
