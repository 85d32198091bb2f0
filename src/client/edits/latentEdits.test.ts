/** Edits as the buttons make them. */
import { expect, it } from "vitest";
import type { Edit } from "../../protocol/interventions";
import { editText } from "./chipText";
import { editsOf, latentEdit, placeName, positionsOf, rounded } from "./latentEdits";

const SAE = { name: "resid 2", sha256: "ab" };

it("name the autoencoder by its weights, and where they act", () => {
  const edit = latentEdit(SAE, 7, "clamp", { amount: 3, error: "kept", positions: positionsOf("from", 4) });
  expect(edit).toEqual({
    ...{ kind: "latent", sae: SAE, latents: [7], op: "clamp", amount: 3, error: "kept" },
    positions: { from: 4 },
  });
  expect(editText({ ...edit, id: "e1", on: true } as Edit)).toBe(
    "clamp latent 7 of resid 2 · positions from 4 on · to 3",
  );
  expect(positionsOf("here", 4)).toEqual([4]);
  expect(placeName("from", 4)).toBe("position 4 on");
});

it("have no amount where they ablate, and no positions where they act everywhere", () => {
  const edit = latentEdit(SAE, 7, "ablate", { amount: 3, error: "dropped", positions: undefined });
  expect(edit).toMatchObject({ amount: 0 });
  expect(edit).not.toHaveProperty("positions");
});

it("are found again by latent and weights", () => {
  const edits = [7, 8].map((latent, i) => ({
    ...latentEdit(SAE, latent, "ablate", { amount: 0, error: "kept", positions: undefined }),
    ...{ id: String(i), on: true },
  })) as Edit[];
  expect(editsOf(edits, SAE, 8).map(({ id }) => id)).toEqual(["1"]);
  expect(editsOf(edits, { ...SAE, sha256: "cd" }, 8)).toEqual([]);
  expect(rounded(12.3456)).toBe(12.3);
});
