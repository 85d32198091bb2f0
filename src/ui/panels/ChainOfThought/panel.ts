/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Chain of thought",
  sentence: "Switch reasoning steps off and see what each is worth to the answer.",
  order: 1,
  load: () => import("./ChainOfThought.svelte"),
} satisfies PanelInfo;
