/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Features",
  sentence:
    "Take an activation apart into the latents of a sparse autoencoder: what they are, what they do, and the model without them.",
  order: 2,
  load: () => import("./Features.svelte"),
} satisfies PanelInfo;
