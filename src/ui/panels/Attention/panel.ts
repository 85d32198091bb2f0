/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Attention",
  sentence: "See where every head looks, all at a glance and one enlarged, and cut what it looks at.",
  order: 3,
  load: () => import("./Attention.svelte"),
} satisfies PanelInfo;
