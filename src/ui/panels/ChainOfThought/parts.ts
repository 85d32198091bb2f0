/** What can be shown below the steps; the choice is a setting that a link carries. */
export const PARTS = ["none", "values", "matrix", "graph", "interactions", "write"] as const;
export type Part = (typeof PARTS)[number];
export const PART_NAMES: Readonly<Record<Part, string>> = {
  none: "Steps only",
  values: "Ways to attribute",
  matrix: "What depends on what",
  graph: "Graph",
  interactions: "Interactions",
  write: "Write on",
};
