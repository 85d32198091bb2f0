/** A long run: what starts it, how far it is, how it is stopped. */
import { fireEvent, render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { expect, it, vi } from "vitest";
import RunRow from "./RunRow.svelte";

const children = createRawSnippet(() => ({ render: () => "<button>Measure</button>" }));

it("shows what starts it, or how far it is with a way to stop", async () => {
  const oncancel = vi.fn();
  const running = { done: 3, total: 8, label: "Cells done", says: "3 of 8 cells", live: true };
  const { rerender } = render(RunRow, { busy: false, oncancel, children, ...running });
  expect(screen.getByRole("button", { name: "Measure" })).toBeTruthy();
  expect(screen.queryByRole("progressbar")).toBeNull();
  await rerender({ busy: true });
  expect(screen.queryByRole("button", { name: "Measure" })).toBeNull();
  const bar = screen.getByRole<HTMLProgressElement>("progressbar", { name: "Cells done" });
  expect([bar.value, bar.max]).toEqual([3, 8]);
  expect(screen.getByRole("status").textContent).toBe("3 of 8 cells");
  await fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(oncancel).toHaveBeenCalledOnce();
});

it("has no bar without a total, and no status inside a row that is one", () => {
  render(RunRow, { busy: true, oncancel: () => undefined, says: "computing…" });
  expect(screen.queryByRole("progressbar")).toBeNull();
  expect(screen.queryByRole("status")).toBeNull();
  expect(screen.getByText("computing…")).toBeTruthy();
});
