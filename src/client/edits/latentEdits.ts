/** Edits of a latent, as buttons make them: the one place that knows what such an edit looks like. */
import type { SaeInfo } from "../../protocol/sae/features";
import type { Edit, LatentOp, NewEdit, Positions } from "../../protocol/interventions";

type Named = Pick<SaeInfo, "name" | "sha256">;

/** Where an edit acts, as it is chosen on the page. */
export const PLACES = ["everywhere", "here", "from"] as const;
export type Place = (typeof PLACES)[number];

export const placeName = (place: Place, position: number) =>
  place === "everywhere"
    ? "all positions"
    : place === "here"
      ? `position ${position}`
      : `position ${position} on`;

export function positionsOf(place: Place, position: number): Positions | undefined {
  if (place === "everywhere") return undefined;
  return place === "here" ? [position] : { from: position };
}

export function latentEdit(
  { name, sha256 }: Named,
  latent: number,
  op: LatentOp,
  {
    amount,
    error,
    positions,
  }: Pick<Edit<"latent">, "amount" | "error"> & { positions: Positions | undefined },
): NewEdit {
  return {
    ...{ kind: "latent", sae: { name, sha256 }, latents: [latent], op, error },
    amount: op === "ablate" ? 0 : amount,
    ...(positions && { positions }),
  };
}

/** Those that change this latent. */
export const editsOf = (
  edits: readonly Edit[],
  { sha256 }: Named,
  latent: number,
): readonly Edit<"latent">[] =>
  edits.filter(
    (edit): edit is Edit<"latent"> =>
      edit.kind === "latent" && edit.sae.sha256 === sha256 && edit.latents.includes(latent),
  );

/** Three digits: what fields show and chips say. */
export const rounded = (value: number) => Number(value.toPrecision(3));
