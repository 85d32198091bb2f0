/**
 * Activation patching (Meng et al. 2022, arXiv 2202.05262): x becomes (1 - strength) x + strength · x', where x' is the
 * site in another prompt, at the position that belongs to this one:
 *
 *   position  the same position
 *   token     the n-th occurrence of a token takes the value of its n-th occurrence there
 *
 * Tokens without a partner are left alone. Patterns and scores have positions as keys too: they are aligned by
 * position only.
 */
import { VitrineError } from "../../../protocol/errors";
import { siteColumns } from "../../models/siteShape";
import { siteValues, type SiteValues } from "./donors";
import { replacement, sitesOfEdit, valuesAt, whereOf, type Resolve } from "./resolve";

/** Pairs [position here, position there]. */
export function alignedPositions(
  here: readonly number[],
  there: readonly number[],
  align: "position" | "token",
): [number, number][] {
  if (align === "position") {
    return Array.from({ length: Math.min(here.length, there.length) }, (_, i) => [i, i]);
  }
  const places = new Map<number, number[]>();
  there.forEach((token, i) => places.set(token, [...(places.get(token) ?? []), i]));
  return here.flatMap((token, i) => {
    const partner = places.get(token)?.shift();
    return partner === undefined ? [] : [[i, partner] as [number, number]];
  });
}

function rows({ data, width }: SiteValues, positions: readonly number[]): Pick<SiteValues, "data"> {
  const picked = new Float32Array(positions.length * width);
  positions.forEach((position, i) =>
    picked.set(data.subarray(position * width, (position + 1) * width), i * width),
  );
  return { data: picked };
}

export const patch: Resolve<"patch"> = async (edit, { model, tokens }) => {
  const sites = sitesOfEdit(edit, model);
  const keyed = sites.find((site) => siteColumns(model.config, site).width === "keys");
  if (keyed !== undefined && edit.align === "token") {
    throw new VitrineError(
      "Unsupported",
      `${keyed} can be patched by position only: its keys are positions.`,
    );
  }
  const pairs = alignedPositions(tokens, edit.from.tokens, edit.align);
  if (pairs.length === 0) {
    throw new VitrineError("Unsupported", "No token of the other prompt belongs to one of this prompt.");
  }
  const found = await siteValues(model, edit.from.tokens, sites);
  const [here, there] = [pairs.map(([position]) => position), pairs.map(([, position]) => position)];
  return sites.map((site) =>
    replacement(whereOf(edit, site), edit.strength, rows(valuesAt(found, site), there), here),
  );
};
