/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Next token",
  sentence: "See what the model expects after a position, with the edits and without them.",
  order: 6,
  load: () => import("./NextToken.svelte"),
} satisfies PanelInfo;
