/** What views draw of a run with edits and the same one without. */
export const SIDES = ["now", "baseline", "difference"] as const;
export type Side = (typeof SIDES)[number];

/** In a list of choices. */
export const SIDE_NAMES: Readonly<Record<Side, string>> = {
  now: "now",
  baseline: "baseline",
  difference: "now − baseline",
};

/** Added to titles, where there are two runs. */
export const SIDE_WORDS: Readonly<Record<Side, string>> = {
  now: ", now",
  baseline: ", baseline",
  difference: ", now − baseline",
};
