/** The form for what files do not say: fields, choices, what is handed on, keys and names. */
import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import type { MissingFields } from "../../protocol/missingFields";
import MissingFieldsForm from "./MissingFieldsForm.svelte";

const REPORT: MissingFields = {
  file: "toy.pt",
  as: "a TransformerLens state dict",
  wanted: [
    {
      name: "normalization_type",
      what: "the norms",
      choices: [
        { value: null, label: "none" },
        { value: "LNPre", label: "LNPre" },
      ],
    },
    { name: "n_ctx", what: "the longest text in tokens" },
  ],
  known: [{ name: "d_model", value: 8, from: "embed.W_E" }],
};

it("hands on what was said, null too, and only when all is said", async () => {
  const onsubmit = vi.fn();
  render(MissingFieldsForm, { report: REPORT, action: "Open", onsubmit, oncancel: () => undefined });
  const open = screen.getByRole<HTMLButtonElement>("button", { name: "Open" });
  expect(screen.getByRole("form", { name: "What toy.pt does not say" })).toBeTruthy();
  expect(screen.getByText(/from embed\.W_E/)).toBeTruthy();
  expect(open.disabled).toBe(true);
  await fireEvent.change(screen.getByLabelText(/normalization_type, the norms/), { target: { value: "0" } });
  await fireEvent.input(screen.getByLabelText(/n_ctx/), { target: { value: "12" } });
  expect(open.disabled).toBe(false);
  await fireEvent.click(open);
  expect(onsubmit).toHaveBeenCalledWith({ normalization_type: null, n_ctx: 12 });
});
