/** Edges: asked at once on the model that opens, checked, kept graphs beside random ones, a head's edit, links. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { openPlayground } from "./playground";

const panel = (page: Page) => page.getByRole("region", { name: "Edges", exact: true });
const graph = (page: Page) =>
  page.getByRole("region", { name: /^The \d+ strongest of 479 edges, to first order/ });
const SLOW = { timeout: 180_000 };

async function openEdges(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Edges", exact: true }).click();
  await expect(graph(page)).toBeVisible(SLOW);
  await expect(
    panel(page)
      .getByText(/^[\d,]+ tokens · .* s$/)
      .first(),
  ).toBeVisible(SLOW);
}

test("edges are estimated and checked; kept graphs keep what random ones lose", async ({ page }) => {
  test.setTimeout(300_000);
  await openEdges(page);
  await expect(panel(page)).toContainText(/Edges drawn by seed 7: n = 8, Pearson r/);
  await expect(graph(page)).toContainText(
    "gradient taken along the path to the other prompt, mean of 8 steps",
  );
  await page.getByRole("button", { name: "Keep the strongest edges alone", exact: true }).click();
  await expect(panel(page).getByRole("progressbar")).toBeVisible();
  await expect(page.getByRole("region", { name: /^Kept graphs/ })).toBeVisible(SLOW);
  const said = panel(page).getByText(/^The \d+ strongest of 479 edges as in this prompt/);
  await expect(panel(page).getByRole("progressbar")).toHaveCount(0, SLOW);
  const text = (await said.textContent()) ?? "";
  const [, kept, random] =
    /keep ([\d.]+) of the difference; 2 graphs .* keep (−?[\d.e−]+) on average/.exec(text) ?? [];
  expect(Number(kept)).toBeGreaterThan(0.8);
  expect(Math.abs(Number(random?.replaceAll("−", "-")))).toBeLessThan(0.2);

  const found = await new AxeBuilder({ page }).include("[aria-label='Edges']").analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

test("keys walk nodes, a head becomes an edit, a link carries the choice", async ({ page, browser }) => {
  test.setTimeout(300_000);
  await openEdges(page);
  const drawing = page.getByRole("application", {
    name: /strongest of 479 edges.* Arrow keys walk 22 nodes/,
  });
  await drawing.focus();
  await page.keyboard.press("End");
  await expect(page.getByRole("list", { name: "Into logits" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("list", { name: "Out of MLP 3" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("button", { name: /^Zero head 3\.\d$/ }).click();
  await expect(page.getByRole("button", { name: /^head 3\.\d: zeroed$/ })).toBeDisabled();
  await page.keyboard.press("Escape");

  await panel(page)
    .getByLabel(/^edges drawn/)
    .fill("12");
  await expect(page.getByRole("region", { name: /^The 12 strongest/ })).toBeVisible();
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await browser.newPage({ viewport: { width: 390, height: 900 }, colorScheme: "dark" });
  await other.goto(page.url());
  await expect(other.getByRole("region", { name: /^The 12 strongest/ })).toBeVisible(SLOW);
  await other.close();
  await page.goto("./#/docs/edges");
  await expect(page.getByRole("heading", { name: "Reading the drawing" })).toBeVisible();
  const docs = await new AxeBuilder({ page }).analyze();
  expect(docs.violations).toEqual([]);
});
