/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Features",
  sentence: "Take an activation apart into the latents of a sparse autoencoder, and switch them off.",
  order: 2,
} satisfies PanelInfo;
