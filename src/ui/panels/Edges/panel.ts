/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Edges",
  sentence:
    "Through which connections between heads and MLPs does the answer come? Estimates, and checks beside them.",
  order: 7.2,
  load: () => import("./Edges.svelte"),
} satisfies PanelInfo;
