/** Sweeps on the example that the page opens with: two clicks to a causal trace, cancelling, recipes as files. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { dropFiles, numberIn, openPlayground } from "./playground";

async function openSweeps(page: Page) {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Sweeps" }).click();
}

const run = (page: Page) => page.getByRole("button", { name: "Run the sweep" }).click();

/** The table's cells: where, and the change of the metric. */
async function changes(page: Page): Promise<{ where: string; change: number; share: number }[]> {
  const panel = page.getByRole("region", { name: "Sweeps", exact: true });
  await panel.getByRole("button", { name: "Table", exact: true }).click();
  const rows = await panel
    .locator("tbody tr")
    .evaluateAll((found) => found.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
  return rows.map(([where = "", , change = "", share = ""]) => ({
    where,
    change: numberIn(change),
    share: numberIn(share),
  }));
}

test("a causal trace takes two clicks and finds the number that differs", async ({ page }) => {
  await openSweeps(page);
  await run(page);
  await expect(page.getByText(/last run: \d+ cells/)).toBeVisible({ timeout: 60_000 });
  const suggestion = await page.getByText(/^suggested: this prompt with/).textContent();
  const position = Number(/at position (\d+)/.exec(suggestion ?? "")?.[1]);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  const cells = await changes(page);
  const largest = cells.reduce((most, cell) => (Math.abs(cell.change) > Math.abs(most.change) ? cell : most));
  expect(largest.where).toContain(`layer 0, position ${position} `);
  expect(largest.share).toBeCloseTo(1, 2);
});

test("cancelling keeps the cells that are there; a cell becomes an edit", async ({ page }) => {
  await openSweeps(page);
  await page.getByRole("button", { name: /^Neurons of layer/ }).click();
  await page.getByLabel("measure").selectOption("kl");
  await run(page);
  await expect(page.getByText(/^[1-9]\d* of 384 cells/)).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  const kept = await page.getByText(/last run: \d+ cells .* stopped early/).textContent();
  const count = Number(/(\d+) cells/.exec(kept ?? "")?.[1]);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(384);
  const cells = await changes(page);
  expect(cells.filter(({ change }) => !Number.isNaN(change))).toHaveLength(count);

  await page.getByRole("button", { name: "Zero every head" }).click();
  await run(page);
  const heatmap = page.getByRole("region", { name: "Sweeps", exact: true }).locator("canvas");
  await heatmap.click();
  await page.getByRole("button", { name: "Add this as an edit" }).click();
  // The sweep on screen was made before that edit.
  await expect(page.getByText(/^Made with earlier settings/)).toBeVisible();
});

test("first order says how far it is from the cells that it ran, and a link has its settings", async ({
  page,
  browser,
}) => {
  await openSweeps(page);
  await page.getByRole("button", { name: "Head patching" }).click();
  await page.getByRole("combobox", { name: /^compute/ }).selectOption("first");
  await page.getByRole("spinbutton", { name: "and drawn at random" }).fill("6");
  await page.getByRole("spinbutton", { name: "and drawn at random" }).blur();
  const finished = /last run: \d+ cells to first order, \d+ run exactly/;
  await run(page);
  await expect(page.getByText(finished)).toBeVisible();
  const panel = page.getByRole("region", { name: "Sweeps", exact: true });
  await expect(panel.locator("canvas")).toBeVisible();
  await expect(
    panel.getByRole("heading", { name: /first order \(gradient in this prompt\)$/ }),
  ).toBeVisible();
  const says = /n = (\d+), Pearson r (−?[\d.]+), Spearman ρ (−?[\d.]+), relative error ([\d.]+) %/;
  const numbers = async (start: RegExp) => {
    const text = (await panel.getByText(start).textContent()) ?? "";
    return (says.exec(text) ?? []).slice(1).map(numberIn);
  };
  const drawn = await numbers(/^Cells drawn by seed 7/);
  const largest = await numbers(/^Cells with the largest estimates/);
  expect([drawn[0], largest[0]]).toEqual([6, 8]);
  for (const [, pearson, spearman, error] of [drawn, largest]) {
    expect(Math.abs(pearson ?? NaN)).toBeLessThanOrEqual(1);
    expect(Math.abs(spearman ?? NaN)).toBeLessThanOrEqual(1);
    expect(error).toBeGreaterThan(0);
  }
  await expect(panel.getByText(/^Only the drawn cells speak for the whole grid/)).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  // The numbers of the sentence are those of the table: the relative error of the drawn cells.
  const check = panel.getByRole("region", { name: /^First order against exact/ });
  await check.getByRole("button", { name: "Table", exact: true }).click();
  const rows = await check
    .locator("tbody tr")
    .evaluateAll((found) => found.map((row) => [...row.children].map((cell) => cell.textContent ?? "")));
  const pairs = rows
    .filter(([, , , , chosen]) => chosen?.includes("drawn"))
    .map(([, exact = "", estimate = ""]) => [numberIn(exact), numberIn(estimate)] as const);
  expect(pairs).toHaveLength(6);
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);
  const error = Math.sqrt(
    squares(pairs.map(([exact, estimate]) => estimate - exact)) / squares(pairs.map(([exact]) => exact)),
  );
  expect(Math.abs(100 * error - (drawn[3] ?? NaN))).toBeLessThan(1);

  // Whoever opens the link has the same settings, and the same numbers.
  await page.getByRole("combobox", { name: /^gradient/ }).selectOption("path");
  await page.getByRole("spinbutton", { name: "steps" }).fill("4");
  await page.getByRole("spinbutton", { name: "steps" }).blur();
  await run(page);
  const title = /first order \(gradient along the path to the other prompt, mean of 4 steps\)$/;
  await expect(panel.getByRole("heading", { name: title })).toBeVisible();
  await expect(page.getByText(finished)).toBeVisible();
  const sentence = await panel.getByText(/^Cells drawn by seed 7/).textContent();
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page).toHaveURL(/#v=1&s=/);
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(other.getByRole("combobox", { name: /^compute/ })).toHaveValue("first");
  await expect(other.getByRole("combobox", { name: /^gradient/ })).toHaveValue("path");
  await expect(other.getByRole("spinbutton", { name: "steps" })).toHaveValue("4");
  await expect(other.getByRole("spinbutton", { name: "and drawn at random" })).toHaveValue("6");
  await run(other);
  await expect(other.getByRole("heading", { name: title })).toBeVisible();
  await expect(other.getByText(finished)).toBeVisible();
  await expect(other.getByText(/^Cells drawn by seed 7/)).toHaveText(sentence ?? "");
});

test("a recipe is Python, or a file that opens by dropping it", async ({ page, context }) => {
  await openSweeps(page);
  await page.getByRole("button", { name: "TransformerLens", exact: true }).click();
  const program = page.getByLabel("Program for TransformerLens", { exact: true });
  await expect(program).toContainText("TransformerBridge.boot_transformers");
  // The numbers that it ends by comparing with are those of this page.
  await expect(program).toContainText(
    /check_next\("prompt 0 without edits", BASE_TOKENS, \[\], \d+, \{\d+: -\d/,
  );
  await page.getByRole("button", { name: "TransformerLens < 4", exact: true }).click();
  await expect(page.getByLabel("Program for TransformerLens < 4")).toContainText("HookedTransformer");
  await page.getByRole("button", { name: "Vitrine recipe (JSON)" }).click();
  const json = await page.getByLabel("Program for Vitrine recipe (JSON)").textContent();
  const other = await context.newPage();
  await openPlayground(other);
  await dropFiles(other, [{ name: "recipe.json", bytes: Buffer.from(json ?? "") }]);
  await expect(other.getByText(/^Matches the sender's numbers/)).toBeVisible({ timeout: 60_000 });
});
