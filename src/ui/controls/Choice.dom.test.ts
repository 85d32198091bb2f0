/** A list of typed values: what it shows, what it hands on, and that its label names it. */
import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import Choice from "./Choice.svelte";

const OPTIONS = [[-1, "all"] as const, 0, 1];

it("shows the names of its values and hands on the value itself", async () => {
  const onchoose = vi.fn();
  render(Choice, { value: 1, options: OPTIONS, onchoose, "aria-label": "head" });
  const select = screen.getByRole<HTMLSelectElement>("combobox", { name: "head" });
  expect([...select.options].map(({ text, value }) => [text, value])).toEqual([
    ["all", "-1"],
    ["0", "0"],
    ["1", "1"],
  ]);
  expect(select.value).toBe("1");
  await fireEvent.change(select, { target: { value: "-1" } });
  expect(onchoose).toHaveBeenCalledExactlyOnceWith(-1);
});

it("takes names from a table, and shows none of them where the value is no option", () => {
  const names = { on: "switched on", off: "switched off" };
  const { unmount } = render(Choice, { value: "off", options: ["on", "off"], names });
  expect(screen.getByRole<HTMLSelectElement>("combobox").selectedOptions[0]?.text).toBe("switched off");
  unmount();
  render(Choice, { value: "gone", options: ["on", "off"], names });
  expect(screen.getByRole<HTMLSelectElement>("combobox").selectedIndex).toBe(-1);
});
