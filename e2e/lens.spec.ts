/** The lens panel: its top row is the model, its parts add up, keys and screen readers reach all of it. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

async function openLens(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Lens" }).click();
  await expect(page.getByRole("heading", { name: "Direct logit attribution" })).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

/** Position and most probable next token of the chosen cell, and what the engine itself says of that position. */
async function chosenCell(page: Page) {
  const cell = page.getByRole("region", { name: "Tokens of a cell" });
  const heading = await cell.getByRole("heading").textContent();
  const position = Number(/position (\d+)/.exec(heading ?? "")?.[1]);
  const id = Number(await cell.locator("tbody tr td").first().textContent());
  return { heading: heading ?? "", position, id };
}

async function expectedAt(page: Page, position: number): Promise<number> {
  const tokens = await page.getByRole("listbox", { name: "Tokens" }).getByRole("option").allTextContents();
  return page.evaluate(
    async ({ text, at }) => {
      const ids = (await window.vitrine.tokenize(text, false)).map(({ id }) => id);
      const { top } = await window.vitrine.run({
        rows: [{ tokens: ids }],
        top: [{ row: 0, position: at, k: 1 }],
      });
      return top[0]?.ids[0] ?? -1;
    },
    { text: tokens.join(" "), at: position },
  );
}

test("the top row is the model's own output, and the parts add up to the logit", async ({ page }) => {
  await openLens(page);
  const cell = await chosenCell(page);
  expect(cell.heading).toMatch(/^\d+ post/);
  expect(cell.id).toBe(await expectedAt(page, cell.position));
  // It is about the answer, not about what comes behind it.
  await expect(
    page.getByText(`views are about position ${cell.position}, which predicts the answer`),
  ).toBeVisible();

  const words = page.getByText(/sum of parts .* logit/);
  const [sum, logit] = [/sum of parts (\S+)/, /· logit (\S+)/].map((part) => part);
  const text = (await words.textContent()) ?? "";
  const value = (pattern: RegExp | undefined) => numberIn(pattern?.exec(text)?.[1] ?? "");
  expect(Math.abs(value(sum) - value(logit))).toBeLessThan(1e-3);

  // The table's parts add up to the same number.
  const parts = page.getByRole("region", { name: /^Parts of the logit/ });
  await parts.getByRole("button", { name: "Table" }).click();
  const cells = await parts.locator("tbody tr td:last-child").allTextContents();
  const total = cells.reduce((all, one) => all + numberIn(one), 0);
  expect(Math.abs(total - value(logit))).toBeLessThan(1e-2);
});

test("zeroing a head shows what was before beside what is now", async ({ page }) => {
  await openLens(page);
  await page.getByRole("button", { name: /^Zero head/ }).click();
  await expect(page.getByRole("button", { name: "zeroed by an edit" })).toBeDisabled();
  await expect(page.getByText(/baseline: sum of parts/)).toBeVisible();
  // The curve has a select of that name, too: this is the one of the maps, there once the baseline is.
  const shown = page.getByRole("combobox", { name: "show" });
  await shown.filter({ hasText: "difference" }).selectOption("difference");
  await expect(page.getByRole("region", { name: /now − baseline$/ })).toHaveCount(3);
});

test("cells are chosen by keyboard, and the page is accessible", async ({ page }) => {
  await openLens(page);
  const before = await chosenCell(page);
  const map = page.getByRole("application", { name: /^After each layer/ });
  await map.focus();
  // The first key shows where one is, the others move.
  for (const key of ["ArrowDown", "ArrowDown", "ArrowLeft", "Enter"]) await map.press(key);
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await map.blur();
  const after = await chosenCell(page);
  expect(after.position).toBe(before.position - 1);
  expect(after.heading).toMatch(/^\d+ (mid|post)/);
  expect(after.heading).not.toBe(before.heading);
  const violations = async () => (await new AxeBuilder({ page }).analyze()).violations;
  const named = (await violations()).map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  expect(named).toEqual([]);
  await page.goto("./#/docs/lenses");
  await expect(page.getByRole("heading", { name: "Caveats" })).toBeVisible();
  expect(await violations()).toEqual([]);
});
