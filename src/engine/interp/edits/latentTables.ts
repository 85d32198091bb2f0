/**
 * Lays out changes of latents for a pass: for one site, and one autoencoder that writes it, which latents change in which
 * token's row. Changes of one row that follow each other are stages: each sees what the ones before made.
 */
import { LATENT_OPS, type LatentChange } from "../../../protocol/interventions";
import { VitrineError } from "../../../protocol/errors";
import type { TensorMemory } from "../../device/tensor";
import type { Sae } from "../../models/sae";
import type { LatentTables } from "../../ops/latentEdits";
import { within } from "../batch/positions";
import type { TokenView } from "../batch/tokenBatch";

/** A change of nothing: it marks the rows whose reconstruction is spliced in. */
const UNCHANGED: LatentChange["changes"] = [{ latent: 0, op: "scale", amount: 1 }];

/** What the tap of a site is given: latents of one autoencoder, and what becomes of its error term. */
export interface SiteLatents {
  readonly kind: "latents";
  readonly sae: Sae;
  readonly error: LatentChange["error"];
  readonly tables: LatentTables;
}

/**
 * One stage: at most one change a segment. `tokens` are the rows of the tensor. Tables for each autoencoder and each way
 * with its error term, on the device; they belong to the open scope.
 */
export function siteLatents(
  memory: TensorMemory,
  stage: readonly (LatentChange | undefined)[],
  saeOf: (id: number) => Sae,
  tokens: readonly TokenView[],
): SiteLatents[] {
  const groups = new Map<string, LatentChange>();
  for (const change of stage) if (change) groups.set(`${change.sae} ${change.error}`, change);
  return [...groups.values()].map(({ sae: id, error }) => {
    const sae = saeOf(id);
    const changes: number[] = [];
    const amounts: number[] = [];
    let width = 1;
    const spanOf = stage.map((change): readonly [number, number] => {
      if (change?.sae !== id || change.error !== error) return [0, 0];
      const list = checked(sae, change);
      const first = amounts.length;
      for (const { latent, op, amount } of list) {
        changes.push(latent, LATENT_OPS.indexOf(op));
        amounts.push(amount);
      }
      width = Math.max(width, list.length);
      return [first, list.length];
    });
    const isChanged = stage.map((change) => within(change?.positions));
    const spans = tokens.flatMap(({ segment, origin }) =>
      isChanged[segment]?.(origin) ? (spanOf[segment] ?? [0, 0]) : [0, 0],
    );
    return { kind: "latents", sae, error, tables: upload(memory, { spans, changes, amounts, width }) };
  });
}

function checked({ description }: Sae, { changes, error }: LatentChange) {
  const { nLatents, name } = description;
  const seen = new Set<number>();
  for (const { latent } of changes) {
    if (!(Number.isInteger(latent) && latent >= 0 && latent < nLatents)) {
      throw new VitrineError(
        "Unsupported",
        `${name} has latents 0 to ${nLatents - 1}; ${latent} is none of them.`,
      );
    }
    if (seen.has(latent)) {
      throw new VitrineError("Unsupported", `Latent ${latent} is changed twice by one edit; name it once.`);
    }
    seen.add(latent);
  }
  return changes.length > 0 || error === "kept" ? changes : UNCHANGED;
}

function upload(
  memory: TensorMemory,
  { spans, changes, amounts, width }: Record<"spans" | "changes" | "amounts", number[]> & { width: number },
): LatentTables {
  const some = changes.length > 0;
  return {
    spans: memory.from(Uint32Array.from(spans), [spans.length / 2, 2], "latent spans"),
    changes: memory.from(
      some ? Uint32Array.from(changes) : new Uint32Array(2),
      [Math.max(1, amounts.length), 2],
      "latent changes",
    ),
    amounts: memory.from(
      some ? Float32Array.from(amounts) : new Float32Array(2),
      [Math.max(2, amounts.length)],
      "latent amounts",
    ),
    width,
  };
}
