/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Faithfulness",
  sentence:
    "Cut chains of thought short, change them, replace them: how often does the answer stay, over many problems and two models?",
  order: 1.4,
  load: () => import("./Faithfulness.svelte"),
} satisfies PanelInfo;
