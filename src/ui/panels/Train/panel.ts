/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Train",
  sentence: "Let an autoencoder learn what is inside this model, and watch how much of it it explains.",
  order: 9,
  load: () => import("./Train.svelte"),
} satisfies PanelInfo;
