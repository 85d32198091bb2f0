/** The attention panel: rows sum to 1, known heads are found, what is seen can be cut; keys and screen readers reach it. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { INDUCTION, inductionFiles } from "../src/engine/models/inductionModel.samples";
import { dropFiles, numberIn, openPlayground } from "./playground";

async function openAttention(page: Page): Promise<void> {
  await page.getByRole("tab", { name: "Attention" }).click();
  await expect(page.getByRole("region", { name: "Heads in numbers" })).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

const enlarged = (page: Page) => page.getByRole("region", { name: /^head \d+\.\d+: / });

test("rows of a pattern sum to 1, and an edit shows beside the baseline", async ({ page }) => {
  await openPlayground(page);
  await openAttention(page);
  await enlarged(page).getByRole("button", { name: "Table" }).click();
  const cells = enlarged(page).locator("tbody tr");
  const sums = new Map<string, number>();
  for (const row of await cells.all()) {
    const [query = "", , , , value = ""] = await row.locator("th, td").allTextContents();
    sums.set(query, (sums.get(query) ?? 0) + numberIn(value));
  }
  // The table shows its first 500 rows: the last of these queries may be cut off.
  const whole = [...sums.values()].slice(0, -1);
  expect(whole.length).toBeGreaterThan(20);
  for (const sum of whole) expect(Math.abs(sum - 1)).toBeLessThan(0.02);
  await enlarged(page).getByRole("button", { name: "Table" }).click();

  // Hiding the key that the last query looks at most, in all heads' mean, sends it elsewhere.
  const keys = page.getByRole("region", { name: "Keys of the chosen query" });
  const first = keys.getByRole("listitem").first();
  const before = await first.textContent();
  await first.getByRole("button").click();
  await page.getByRole("button", { name: /^Hide key/ }).click();
  await expect(page.getByRole("button", { name: "is hidden" })).toBeDisabled();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await expect(first).not.toHaveText(before ?? "");
  await page.getByRole("combobox", { name: "show" }).selectOption("baseline");
  await expect(first).toHaveText(before ?? "");
});

test("the previous-token head and the induction head of a known model stand out", async ({ page }) => {
  await openPlayground(page);
  await dropFiles(
    page,
    inductionFiles().map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) })),
  );
  await page.getByRole("textbox", { name: "Prompt (token ids)" }).fill("3 7 5 9 2 3 7 5 9 2");
  await openAttention(page);
  const most = (column: number) =>
    page
      .getByRole("region", { name: "Heads in numbers" })
      .locator("tbody tr", { has: page.locator(`td:nth-child(${column}).most`) })
      .locator("th")
      .textContent();
  expect(await most(2)).toBe(`0.${INDUCTION.previous}`);
  expect(await most(5)).toBe(`1.${INDUCTION.induction}`);
});

test("heads are chosen by keyboard, lines are drawn, and the page is accessible", async ({ page }) => {
  await openPlayground(page);
  await openAttention(page);
  await page.getByRole("button", { name: /^head 0\.0: / }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("region", { name: /^head 1\.1: / })).toBeVisible();
  await page.getByRole("combobox", { name: "cells" }).selectOption("valueWeighted");
  await page.getByRole("combobox", { name: "enlarged" }).selectOption("mean");
  await page.getByRole("combobox", { name: "as", exact: true }).selectOption("lines");
  const lines = page.getByRole("application", { name: /^layer 1, mean of heads: weight × norm/ });
  await lines.press("ArrowUp");
  await expect(page.getByRole("heading", { name: /^Query 96 / })).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});
