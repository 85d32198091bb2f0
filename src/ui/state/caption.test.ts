/** The line under every plot. */
import { expect, it } from "vitest";
import type { Edit } from "../../protocol/interventions";
import { captionOf } from "./caption";
import type { Session } from "./session.svelte";
import { TEST_MODEL } from "./testEngine";

const active: Edit[] = [{ id: "e1", on: true, kind: "freeze", what: "patterns" }];
const device = { kind: "cpu", label: "CPU", reason: "", preference: "auto" } as const;
const session = (edits: Edit[]) =>
  ({ model: TEST_MODEL, device, edits: { active: edits } }) as unknown as Session;

it("names model, weights, device, edits, then what the plot adds", () => {
  expect(captionOf(session([]), ["n = 4"])).toBe(
    "model ledger (gpt2, f16, SHA-256 ab12ab12ab12…) · device CPU · no edits · n = 4",
  );
  expect(captionOf(session(active))).toContain(" · edits: freeze attention patterns all blocks");
});

it("says nothing before there is a model", () => {
  expect(captionOf({ ...session([]), model: undefined } as Session)).toBe("");
});
