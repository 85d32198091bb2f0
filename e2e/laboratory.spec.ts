/** The chain-of-thought laboratory: values, modes, players, estimates, matrices, writing on, and the link that carries them. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground, runShapley } from "./playground";

const idle = (page: Page) => expect(page.locator("[aria-busy=true]")).toHaveCount(0);
const part = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** Cells of the long table of a chart. */
async function tableOf(page: Page, title: string): Promise<string[][]> {
  const chart = page.getByRole("region", { name: title, exact: true });
  await chart.getByRole("button", { name: "Table", exact: true }).click();
  const rows = await chart.locator("tbody tr").all();
  return Promise.all(rows.map((row) => row.locator("td, th").allTextContents()));
}

test("one game, asked in five ways, by six modes and five values", async ({ page }) => {
  await openPlayground(page);
  await part(page, "Ways to attribute");
  const rows = await tableOf(page, "What each step is worth");
  const columns = await page
    .getByRole("region", { name: "What each step is worth", exact: true })
    .locator("thead th")
    .allTextContents();
  const column = (name: string) =>
    rows.map((row) => numberIn(row[columns.findIndex((one) => one.trim() === name)]!));
  // Needed together: the last two steps; leave-one-out gives each all of it, Shapley halves.
  expect(column("leave-one-out")[2]! / column("Shapley value")[2]!).toBeCloseTo(2, 1);
  expect(column("leave-one-in")[3]).toBeLessThan(0.1);
  expect(column("Banzhaf value")[2]).toBeGreaterThan(1);
  expect(column("early answering")[3]).toBeGreaterThan(2);

  const worth: Record<string, number[]> = {};
  for (const mode of ["mask", "replace", "mean", "symbol", "resample", "delete"]) {
    await page.getByRole("combobox", { name: /^absent steps:/ }).selectOption(mode);
    await idle(page);
    await runShapley(page);
    const phi = await page.locator(".grid .line:not(.header) .number:not(.muted)").allTextContents();
    worth[mode] = phi.map(numberIn);
    await expect(page.getByText(new RegExp(`absent steps: ${mode}`)).first()).toBeVisible();
  }
  for (const mode of ["mask", "replace", "mean", "delete"]) expect(worth[mode]![2]).toBeGreaterThan(0.5);
  expect(worth["mask"]).not.toEqual(worth["delete"]);

  await page.getByRole("combobox", { name: /^value/ }).selectOption("argmax");
  await idle(page);
  await runShapley(page);
  // The answer is the most probable one or it is not: the two that are needed get half a point more than the others.
  const hits = await shapleyValuesOf(page);
  expect(hits[2]! - hits[0]!).toBeCloseTo(0.5, 2);
  expect(hits[3]! - hits[1]!).toBeCloseTo(0.5, 2);
  await page.getByRole("combobox", { name: /^value/ }).selectOption("expected");
  await page.getByRole("textbox", { name: "answers" }).fill("perhaps");
  await page.getByRole("textbox", { name: "answers" }).press("Enter");
  await expect(page.getByRole("alert")).toContainText("“perhaps” has no number");
});

const shapleyValuesOf = async (page: Page) =>
  (await page.locator(".grid .line:not(.header) .number:not(.muted)").allTextContents()).map(numberIn);

test("tokens play, too: estimates with intervals, a causal matrix, a graph; the link carries it all", async ({
  page,
  browser,
}) => {
  await openPlayground(page);
  await page.getByRole("combobox", { name: /^cut/ }).selectOption({ label: "into tokens" });
  await expect(page.getByText(/^Colour: leave-one-out/)).toBeVisible();
  await page.getByRole("combobox", { name: /^players/ }).selectOption({ label: "steps with a number" });
  // Twelve numbers: exact values are possible.
  await expect(page.getByRole("combobox", { name: /^by/ })).toHaveValue("exact");
  await page.getByRole("combobox", { name: /^players/ }).selectOption({ label: "every step" });
  await expect(page.getByText(/35 players: exact values stop at 12/)).toBeVisible();
  await page.getByRole("spinbutton", { name: "budget" }).fill("400");
  await page.getByRole("spinbutton", { name: "budget" }).press("Enter");
  await page.getByRole("button", { name: "Shapley values" }).click();
  await expect(page.getByText(/^paired regression, 400 of 2\^35 coalitions/).first()).toBeVisible();
  await part(page, "What depends on what");
  await page.getByRole("button", { name: "Values of every token" }).click();
  await expect(page.getByRole("region", { name: "What depends on what", exact: true })).toBeVisible();
  await idle(page);
  await page.getByRole("combobox", { name: /^causes/ }).selectOption("classes");
  await page.getByRole("combobox", { name: /^effects/ }).selectOption("steps");
  const rows = await tableOf(page, "What depends on what");
  const causes = new Set(rows.map(([cause]) => cause));
  expect([...causes].sort()).toEqual(["computed number", "copied number", "operator", "word"]);
  await part(page, "Graph");
  await expect(page.getByRole("img", { name: /^Which step bears on which: / })).toBeVisible();
  await part(page, "Interactions");
  await expect(page.getByRole("region", { name: "Chain of thought" })).toContainText(
    "at most 12 players, and 35 would play",
  );

  // Whoever opens the link has the same game.
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page).toHaveURL(/#v=1&s=/);
  const link = page.url();
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await expect(other.getByText(/^Matches the sender's numbers/)).toBeVisible({ timeout: 60_000 });
  await expect(other.getByRole("spinbutton", { name: "budget" })).toHaveValue("400");
  await other.close();
});

test("the model writes on behind an absent step; keys reach every part", async ({ page }) => {
  await openPlayground(page);
  await page.getByRole("slider", { name: /set of steps/ }).focus();
  // All but the first step: 2^4 - 1, one down.
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("checkbox", { name: /^Step 1:/ })).not.toBeChecked();
  await expect(page.getByRole("checkbox", { name: /^Step 2:/ })).toBeChecked();
  await part(page, "Write on");
  await page.getByRole("spinbutton", { name: "samples" }).fill("3");
  await page.getByRole("spinbutton", { name: "samples" }).press("Enter");
  await page.getByRole("button", { name: "Write on behind step 1" }).click();
  await expect(page.getByText(/Same answer in \d of 3 samples/)).toBeVisible();
  await idle(page);
  const found = await new AxeBuilder({ page }).include("[aria-label='Chain of thought']").analyze();
  expect(found.violations).toEqual([]);
});
