/** Comparing: equal sides do not differ, two models do, and a link carries what was set up. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

async function openCompare(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Compare" }).click();
  await measured(page);
}

const curve = (page: Page) => page.getByRole("region", { name: /^KL\(left/ });

/** Waits until what is on screen is what was asked for. */
async function measured(page: Page): Promise<void> {
  await expect(curve(page)).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

/** The column of the table of all pairs. */
async function column(page: Page, name: string): Promise<number[]> {
  await measured(page);
  const table = curve(page).getByRole("button", { name: "Table", exact: true });
  await table.click();
  const heads = await curve(page).getByRole("columnheader").allTextContents();
  const cells = await curve(page)
    .locator(`tbody tr > :nth-child(${heads.findIndex((head) => head.trim() === name) + 1})`)
    .allTextContents();
  await table.click();
  return cells.map(numberIn);
}

async function openSecond(page: Page, name: string): Promise<void> {
  const second = page.getByRole("group", { name: "Second model" });
  await second.getByRole("button", { name, exact: true }).click();
  await expect(second.getByRole("button", { name: "Close" })).toBeVisible();
}

test("equal sides do not differ; the model that explains itself afterwards does", async ({ page }) => {
  await openCompare(page);
  const same = await column(page, "KL, nats");
  expect(same.length).toBeGreaterThan(20);
  expect(same.every((kl) => kl === 0)).toBe(true);
  await expect(page.getByText(/have other weights/)).toHaveCount(0);
  // Side A has one colour: of its key above the curve, of its bars, of its legend.
  const colourOf = (selector: string, property: "backgroundColor" | "stroke") =>
    page
      .locator(selector)
      .first()
      .evaluate((node, name) => getComputedStyle(node)[name], property);
  const [mark, bar, line] = [
    await colourOf("legend .mark.left", "backgroundColor"),
    await colourOf("td.bars .bar", "backgroundColor"),
    await colourOf("path.line.sideA", "stroke"),
  ];
  expect([bar, line]).toEqual([mark, mark]);

  await openSecond(page, "ledger-posthoc");
  await expect(page.getByText(/right: ledger-posthoc/).first()).toBeVisible();
  const apart = await column(page, "KL, nats");
  expect(apart).toHaveLength(same.length);
  expect(apart.every((kl) => kl >= 0)).toBe(true);
  expect(Math.max(...apart)).toBeGreaterThan(0.05);
  // Trained apart: the difference of their activations says so, and what needs no common basis.
  const difference = page.getByRole("region", { name: "Difference of an activation" });
  await expect(difference).toContainText("ledger and ledger-posthoc have other weights.");
  const cka = /Linear CKA (\S+), n = (\d+) tokens/.exec((await difference.textContent()) ?? "");
  expect(numberIn(cka?.[1] ?? "")).toBeGreaterThan(0);
  expect(numberIn(cka?.[1] ?? "")).toBeLessThan(1);
  // The first model answers as before: it was not touched.
  const model = await page.evaluate(() => window.vitrine.model());
  expect(model?.name).toBe("ledger");
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.getByRole("button", { name: "Close" }).click();
  expect((await column(page, "KL, nats")).every((kl) => kl === 0)).toBe(true);
});

test("a stack of edits is compared with none, and with the same one kept as B", async ({ page }) => {
  await openCompare(page);
  await page.getByRole("button", { name: "Add an edit" }).click();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText(/right: ledger .* zero blocks/).first()).toBeVisible();
  expect(Math.max(...(await column(page, "KL, nats")))).toBeGreaterThan(1e-4);
  await page.getByRole("button", { name: "Keep this stack as B" }).click();
  await expect(page.getByText(/both sides are the same/).first()).toBeVisible();
  expect((await column(page, "KL, nats")).every((kl) => kl === 0)).toBe(true);
});

test("another text is aligned by token, walked by keys, and carried by a link", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await openCompare(page);
  const right = page.getByRole("group", { name: "Right" });
  await right.getByLabel("prompt").selectOption("text");
  const box = page.getByRole("textbox", { name: "Text of the right side" });
  const text = await box.inputValue();
  await box.fill(text.replace(" . ", " and plums . "));
  await box.blur();
  await expect(page.getByText(/pairs, 2 tokens without a partner/)).toBeVisible();
  const kl = await column(page, "KL, nats");
  expect(Math.max(...kl)).toBeGreaterThan(0.01);

  const pairs = page.getByRole("listbox", { name: "Pairs of tokens" });
  await pairs.getByRole("option", { selected: true }).focus();
  await page.keyboard.press("Home");
  await expect(page.getByText(/\(left, position 0\)/)).toBeVisible();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await expect(pairs.getByRole("option", { selected: true })).toBeFocused();

  const site = page.getByRole("region", { name: "Difference of an activation" });
  await site.getByLabel("site").selectOption("attn.pattern");
  await expect(
    page.getByRole("heading", { name: "Left − right of blocks.0.attn.pattern, head 0" }),
  ).toBeVisible();

  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await page.locator("body").press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await expect(page.getByText(/pairs, 2 tokens without a partner/)).toBeVisible();
  expect(await column(page, "KL, nats")).toEqual(kl);
  await expect(
    page.getByRole("heading", { name: "Left − right of blocks.0.attn.pattern, head 0" }),
  ).toBeVisible();
});
