/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Steering",
  sentence:
    "Make a direction of pairs of prompts, add it at any layer and strength, and read the text that comes of it.",
  order: 7.5,
  load: () => import("./Steering.svelte"),
} satisfies PanelInfo;
