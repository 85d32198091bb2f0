import { expect, it } from "vitest";
import { editsOfJson } from "../../../client/link/edits";
import { DEFAULTS, sideSettings } from "./settings";

it("reads what a link says of a side, and takes the default for what it does not know", () => {
  const view = { ...DEFAULTS, leftPrompt: "text", leftText: "a", leftEdits: "kept", rightModel: "third" };
  expect(sideSettings(view, "left")).toEqual({ prompt: "text", text: "a", stack: "kept", slot: "main" });
  expect(sideSettings(view, "right")).toMatchObject({ prompt: "this", stack: "current", slot: "main" });
});

it("reads a kept stack, and nothing else", () => {
  const edit = { kind: "zero", id: "e1", on: true, site: "mlp_out", strength: 1 };
  expect(editsOfJson(JSON.stringify([edit]))).toEqual([edit]);
  for (const odd of ["", "{}", "[1]", "[null]", '[{"kind":"zero"}]', '[{"kind":"run","id":"a","on":true}]'])
    expect(editsOfJson(odd)).toEqual([]);
});

it("is plain flat data, as links need it", () => {
  for (const value of Object.values(DEFAULTS)) expect(["string", "number"]).toContain(typeof value);
});
