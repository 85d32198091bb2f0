/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Graphs",
  sentence: "Through which latents does a prediction come from the prompt? A graph of direct effects.",
  order: 7.5,
  load: () => import("./Graphs.svelte"),
} satisfies PanelInfo;
