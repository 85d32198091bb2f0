/** A session as a file: what a share link carries, in plain JSON. Dropping it on the page opens it like a link. */
import { VitrineError } from "../../protocol/errors";
import { encodeLink, LINK_VERSION, type LinkState } from "../../client/link/link";
import { toLinkState } from "./permalink";
import type { Session } from "../state/session.svelte";

/** The field that tells a recipe from a model's config. */
const MARK = "vitrineRecipe";
/** Larger files are no recipes. */
const MAX_BYTES = 1_000_000;

export async function recipeJson(session: Session): Promise<string> {
  return `${JSON.stringify({ [MARK]: LINK_VERSION, state: await toLinkState(session) }, undefined, 2)}\n`;
}

/** The state of a dropped recipe as the hash of a link; undefined if the files are something else. */
export async function recipeHash(files: readonly File[]): Promise<string | undefined> {
  const [file, ...more] = files;
  if (!file || more.length > 0 || !file.name.endsWith(".json") || file.size > MAX_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(await file.text());
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !(MARK in value)) return undefined;
  const { [MARK]: version, state } = value as { [MARK]: unknown; state?: unknown };
  if (version !== LINK_VERSION) {
    throw new VitrineError(
      "BadLink",
      `${file.name} is a recipe of version ${String(version).slice(0, 20)}; this page reads version ${LINK_VERSION}.`,
    );
  }
  // Checked field by field on the way: a recipe is as strange as a link.
  return `#${await encodeLink(state as LinkState)}`;
}
