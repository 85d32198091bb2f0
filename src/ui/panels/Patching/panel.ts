/** The panel's place in the tab row. */
import type { PanelInfo } from "../registry";

export default {
  title: "Sweeps",
  sentence:
    "Make one change at every layer, position, head or neuron in turn, and see what each does to the answer.",
  order: 7,
  load: () => import("./Patching.svelte"),
} satisfies PanelInfo;
