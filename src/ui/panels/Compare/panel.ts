/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Compare",
  sentence:
    "Set two runs side by side: two prompts, two stacks of edits, or two models; left minus right of anything.",
  order: 8,
  load: () => import("./Compare.svelte"),
} satisfies PanelInfo;
