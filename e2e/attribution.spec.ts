/** Attribution by token: the sum, the runs it is held against, edits, Shapley values of the steps, links. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

const panel = (page: Page) => page.getByRole("region", { name: "Attribution", exact: true });
const chart = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

async function settled(page: Page): Promise<void> {
  await expect(panel(page).getByText(/^\d+ rows · [\d,]+ tokens · /)).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

async function openAttribution(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Attribution", exact: true }).click();
  await settled(page);
}

const sentence = async (page: Page) =>
  (await panel(page)
    .getByText(/^log p of .* after position \d+:/)
    .textContent()) ?? "";
const numberOf = (text: string, pattern: RegExp) => numberIn(pattern.exec(text)?.[1] ?? "");

/** The numbers of a column of the chart's table. */
async function column(page: Page, name: string, head: RegExp): Promise<number[]> {
  const figure = chart(page, name);
  const button = figure.getByRole("button", { name: "Table", exact: true });
  if ((await button.getAttribute("aria-pressed")) !== "true") await button.click();
  const header = await figure.locator("thead th").allTextContents();
  const at = header.findIndex((text) => head.test(text));
  const rows = await figure.locator("tbody tr").all();
  return Promise.all(
    rows.map(async (row) => numberIn((await row.locator("td, th").allTextContents())[at] ?? "")),
  );
}

test("the scores sum to the difference, are held against runs, and follow an edit", async ({ page }) => {
  await openAttribution(page);
  const text = await sentence(page);
  const error = numberOf(text, /completeness error (\S+?)\)/);
  const difference = numberOf(text, /the difference is (\S+)/);
  expect(numberOf(text, /scores sum to (\S+)/) - difference).toBeCloseTo(error, 2);
  expect(Math.abs(difference)).toBeGreaterThan(0.1);
  await expect(panel(page)).toContainText(/in a run of its own: Spearman’s ρ [+−][\d.]+, Pearson’s r/);
  await expect(chart(page, "By token: lost when replaced")).toBeVisible();

  // The table has the same sum.
  const strip = "The prompt by integrated gradients";
  const scores = await column(page, strip, /^integrated/);
  const total = scores.reduce((sum, one) => sum + one, 0);
  expect(Math.abs(total - numberOf(text, /scores sum to (\S+)/))).toBeLessThan(0.05);
  await expect(chart(page, strip)).toContainText("no edits");

  // Fewer steps miss more, and the page says so.
  expect(Math.abs(error)).toBeLessThan(0.05 * Math.abs(difference));
  await page.getByRole("combobox", { name: "steps", exact: true }).selectOption("4");
  await expect(chart(page, strip)).toContainText("4 steps, midpoint rule");
  await settled(page);
  const coarser = numberOf(await sentence(page), /completeness error (\S+?)\)/);
  expect(Math.abs(coarser)).toBeGreaterThan(Math.abs(error));
  await expect(panel(page)).toContainText("Take more steps.");
  await page.getByRole("combobox", { name: "steps", exact: true }).selectOption("64");
  await settled(page);

  // The whole text without what layer 0 attends to is another matter.
  await page.keyboard.press("e");
  const form = page.getByRole("form", { name: "New edit" });
  await form.getByLabel("layers").fill("0");
  await form.getByLabel("heads").fill("");
  await form.getByLabel("heads").press("Enter");
  await expect(form).toHaveCount(0);
  await expect(chart(page, strip)).toContainText("edits: zero blocks.0");
  await settled(page);
  const edited = await column(page, strip, /^integrated/);
  expect(edited).toHaveLength(scores.length);
  expect(Math.max(...edited.map((one, i) => Math.abs(one - (scores[i] ?? 0))))).toBeGreaterThan(0.05);
});

test("steps are held against their Shapley values; a link carries the settings; axe finds nothing", async ({
  page,
  browser,
}) => {
  await openAttribution(page);
  await page.getByRole("combobox", { name: "method" }).selectOption({ label: "gradient × input" });
  // The example opens with the exact values of its steps.
  await expect(
    panel(page).getByText(/^Sums by step against exact Shapley values: Spearman’s ρ .*n = 4 steps/),
  ).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Shapley value" })).toBeVisible();
  await page.getByRole("combobox", { name: "order" }).selectOption({ label: "as in the text" });
  const found = await new AxeBuilder({ page }).include("[aria-label='Attribution']").analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);

  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await browser.newPage();
  await other.goto(page.url());
  await settled(other);
  await expect(other.getByRole("combobox", { name: "method" })).toHaveValue("gradientInput");
  await expect(other.getByRole("combobox", { name: "order" })).toHaveValue("text");
  expect(await sentence(other)).toBe(await sentence(page));
  await other.close();
  await page.goto("./#/docs/attribution");
  await expect(page.getByRole("heading", { name: "Caveats" })).toBeVisible();
  const docs = await new AxeBuilder({ page }).analyze();
  expect(docs.violations).toEqual([]);
});

test("gradients by step stand beside Shapley values of the chain, and go with a link", async ({
  page,
  browser,
}) => {
  await openPlayground(page);
  await page.getByRole("button", { name: "Ways to attribute", exact: true }).click();
  await page.getByRole("checkbox", { name: "gradients by step", exact: true }).check();
  const figure = chart(page, "What each step is worth");
  await expect(figure).toContainText("integrated gradients");
  await expect(figure).toContainText(/gradients of log p\(answer\) with all steps/);
  await expect(chart(page, "How alike they rank the steps")).toContainText("gradient × in");
  const words = page.getByText(/^gradient × input against (exact|estimated) Shapley values: Spearman’s ρ/);
  // The example opens with the exact values of its steps.
  await expect(words).toBeVisible();
  const sums = await column(page, "What each step is worth", /^gradient × input/);
  expect(sums.every(Number.isFinite)).toBe(true);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.getByRole("heading", { name: "Steps", exact: true }).click();
  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await browser.newPage();
  await other.goto(page.url());
  await expect(other.getByRole("checkbox", { name: "gradients by step", exact: true })).toBeChecked();
  await expect(chart(other, "What each step is worth")).toContainText("gradient × input");
  expect(await column(other, "What each step is worth", /^gradient × input/)).toEqual(sums);
  await other.close();
});

test("scores by token can be had as a program that compares itself with them", async ({ page }) => {
  await openAttribution(page);
  await page.getByRole("button", { name: "TransformerLens", exact: true }).click();
  const program = page.getByLabel("Program for TransformerLens", { exact: true });
  await expect(program).toContainText("torch.autograd.grad");
  await expect(program).toContainText(/"integrated": \[[-\d.e, ]+\],/);
});
