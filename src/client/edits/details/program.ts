/** Parts of programs that several kinds of edits share. Functions that they call are in codeExport/pythonEdits.ts. */
import type { Edit, NamedTokens } from "../../../protocol/interventions";
import { BLOCK_SITES, type Site } from "../../../protocol/sites";
import { pyComment, pyList, pyTokens, pyWhere } from "../../codeExport/pythonText";
import type { RecipeModel } from "../../codeExport/recipe";
import type { EditProgram, ProgramPlace } from "./editDetails";

type SiteEdit = Extract<Edit, { site: unknown }>;
type Layered = Pick<RecipeModel, "nLayers">;

/** The layers that an edit names, or all. */
export const layersOf = ({ layers }: { readonly layers?: readonly number[] }, { nLayers }: Layered) =>
  layers ?? Array.from({ length: nLayers }, (_, layer) => layer);

/** A site of a block in each of an edit's layers. */
export const inLayers = (name: string, edit: { readonly layers?: readonly number[] }, model: Layered) =>
  layersOf(edit, model).map((layer): Site => `blocks.${layer}.${name}`);

export const sitesAt = (edit: SiteEdit, model: Layered): Site[] =>
  Object.hasOwn(BLOCK_SITES, edit.site) ? inLayers(edit.site, edit, model) : [edit.site];

/** The elements that an edit of a site touches. */
export function chosenBy(edit: SiteEdit): string {
  const where = pyWhere(edit);
  return `chosen(x, site${where && `, ${where}`})`;
}

/** Pairs of queries and keys by name, and the rows of queries; `PAIRS_n` stands above. */
export const pairsOf = ({ heads }: { readonly heads?: readonly number[] }, n: number) =>
  `pairs_of(x, PAIRS_${n}${heads ? `, ${pyList(heads)}` : ""})`;

/** Positions that belong together (protocol/interventions.ts, `patch`). */
function alignedPositions(
  here: readonly number[],
  there: readonly number[],
  align: "position" | "token",
): { readonly here: number[]; readonly there: number[] } {
  if (align === "position") {
    const both = here.slice(0, there.length).map((_, i) => i);
    return { here: both, there: both };
  }
  const places = new Map<number, number[]>();
  there.forEach((token, i) => places.set(token, [...(places.get(token) ?? []), i]));
  const found = here.flatMap((token, i) => {
    const partner = places.get(token)?.shift();
    return partner === undefined ? [] : [[i, partner] as const];
  });
  return { here: found.map(([i]) => i), there: found.map(([, i]) => i) };
}

/** The site takes its value in another prompt; `why`: how that prompt was found. */
export function programOfOther(
  edit: Edit<"patch" | "resample">,
  { n, sites, tokens }: ProgramPlace,
  from: NamedTokens | undefined,
  align: "position" | "token",
  why: string,
): EditProgram {
  const { here, there } = alignedPositions(tokens, from?.tokens ?? [], align);
  return {
    once: `${pyComment(`${why} “${from?.text ?? ""}”`)}\nOTHER_${n} = read(${pyTokens(from?.tokens ?? [])}, ${sites})`,
    body: [
      `value = aligned(x, OTHER_${n}[site], site, ${pyList(here)}, ${pyList(there)})`,
      `return put(x, value, ${edit.strength}, ${chosenBy(edit)})`,
    ],
  };
}
