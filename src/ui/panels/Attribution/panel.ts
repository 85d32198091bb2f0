/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Attribution",
  sentence: "Which tokens of the prompt does the answer come from, by gradients, and what do they miss?",
  order: 4.5,
  load: () => import("./Attribution.svelte"),
} satisfies PanelInfo;
