/**
 * Adding a direction (activation steering): x becomes x + coefficient · d, where d is given, or the mean activation of
 * the site over the tokens of one prompt minus that of another (over all tokens, or of the last token alone).
 */
import { VitrineError } from "../../../protocol/errors";
import type { Edit } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import { siteColumns } from "../../models/siteShape";
import { siteValues, type SiteValues } from "./donors";
import { sitesOfEdit, valuesAt, whereOf, type EditContext, type Resolve } from "./resolve";

/** Mean over the rows that count, f64 [width]. */
function meanOf({ data, positions, width }: SiteValues, over: "last" | "all"): Float64Array {
  const first = over === "last" ? positions - 1 : 0;
  const mean = new Float64Array(width);
  for (let position = first; position < positions; position++) {
    for (let i = 0; i < width; i++) {
      mean[i] = (mean[i] ?? 0) + (data[position * width + i] ?? 0) / (positions - first);
    }
  }
  return mean;
}

async function directions(
  { direction }: Edit<"add">,
  sites: readonly Site[],
  { model }: EditContext,
): Promise<Map<Site, ArrayLike<number>>> {
  if (direction.kind === "vector") {
    for (const site of sites) {
      const { heads, width } = siteColumns(model.config, site);
      const expected = width === "keys" ? 0 : heads * width;
      if (direction.values.length !== expected) {
        throw new VitrineError(
          "Unsupported",
          `The direction ${direction.name} has ${direction.values.length} numbers; ${site} has ${expected}.`,
        );
      }
    }
    return new Map(sites.map((site) => [site, direction.values]));
  }
  const plus = await siteValues(model, direction.plus.tokens, sites);
  const minus = await siteValues(model, direction.minus.tokens, sites);
  return new Map(
    sites.map((site) => {
      const away = meanOf(valuesAt(minus, site), direction.over);
      return [site, meanOf(valuesAt(plus, site), direction.over).map((value, i) => value - (away[i] ?? 0))];
    }),
  );
}

export const add: Resolve<"add"> = async (edit, context) => {
  const sites = sitesOfEdit(edit, context.model);
  const keyed = sites.find((site) => siteColumns(context.model.config, site).width === "keys");
  if (keyed !== undefined) throw new VitrineError("Unsupported", `${keyed} has keys, not directions.`);
  const found = await directions(edit, sites, context);
  return sites.map((site) => ({
    ...whereOf(edit, site),
    keep: 1,
    values: Float32Array.from(found.get(site) ?? [], (value) => edit.coefficient * value),
  }));
};
