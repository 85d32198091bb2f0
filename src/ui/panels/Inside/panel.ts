/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Inside a step",
  sentence:
    "See what the answer reads of one step, and what changes in the model when the step is taken away.",
  order: 1.8,
  load: () => import("./Inside.svelte"),
} satisfies PanelInfo;
