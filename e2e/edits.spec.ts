/** Edits: written by keyboard alone, seen in numbers, switched off again, sent in a link. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { openPlayground } from "./playground";

/** Focus moves by Tab until it is on what is named. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const label = await page.evaluate(() => {
      const element = document.activeElement;
      const words = element?.getAttribute("aria-label") ?? element?.closest("label")?.innerText;
      return words ?? element?.textContent ?? "";
    });
    if (name.test(label.trim())) return;
  }
  throw new Error(`Tab never reached ${name}`);
}

/** Turns to the panel by its key. */
async function showNextToken(page: Page): Promise<void> {
  const tab = page.getByRole("tab", { name: "Next token" });
  const count = await page.getByRole("tab").count();
  for (let i = 0; i < count && (await tab.getAttribute("aria-selected")) !== "true"; i++) {
    await page.keyboard.press("]");
  }
  await expect(tab).toHaveAttribute("aria-selected", "true");
}

/** The listed tokens with their log-probabilities, as the page writes them. */
async function distribution(page: Page): Promise<string[]> {
  const section = page.getByRole("region", { name: /^Next token after position/ });
  await expect(section).toHaveAttribute("aria-busy", "false");
  const header = await section.locator("thead th").allInnerTexts();
  const column = header.findIndex((text) => text.trim() === "log p");
  return section.locator("tbody tr").evaluateAll(
    (rows, at) =>
      rows.map((row) => {
        const cells = [...row.querySelectorAll("th, td")];
        return `${cells[0]?.textContent?.trim()} ${cells[at]?.textContent?.trim()}`;
      }),
    column,
  );
}

test("an edit by keyboard alone changes the numbers, off it is the baseline, a link carries it", async ({
  page,
  browser,
}) => {
  await openPlayground(page);
  await showNextToken(page);
  const before = await distribution(page);
  expect(before.length).toBeGreaterThanOrEqual(10);

  await page.keyboard.press("e");
  await expect(page.getByRole("form", { name: "New edit" })).toBeVisible();
  // The kind has focus, and is zero; what the model does not have is refused at once.
  await tabTo(page, /^layers/);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("9");
  await expect(page.getByText("layer 9 does not exist: there are layers 0 to 3.")).toBeVisible();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("1-2");
  await tabTo(page, /^heads/);
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await expect(page.getByRole("form").getByRole("status")).toHaveText(
    "zero blocks.1–2 attn.z · all positions",
  );
  await page.keyboard.press("Enter");
  await expect(page.getByRole("form", { name: "New edit" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "+ Add an edit" })).toBeFocused();

  // Now beside baseline, and KL between them.
  await expect(page.getByRole("region", { name: /^KL\(baseline ‖ now\)/ })).toBeVisible();
  expect(await distribution(page)).not.toEqual(before);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  // A token is pinned by keyboard.
  await page.getByRole("option").nth(1).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(page.getByText("views are about position 2")).toBeVisible();
  await expect(page.getByRole("heading", { name: /^Next token after position 2/ })).toBeVisible();
  const edited = await distribution(page);

  // The link, opened by somebody else.
  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(other.getByText(/^Matches the sender's numbers \(\d+ compared/)).toBeVisible({
    timeout: 180_000,
  });
  await expect(other.getByText("zero blocks.1–2 attn.z · all positions").first()).toBeVisible();
  await expect(other.getByText("views are about position 2")).toBeVisible();
  expect(await distribution(other)).toEqual(edited);
  await other.context().close();

  // Off: the numbers are the baseline's, to the last digit.
  await page.getByRole("option").nth(2).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("checkbox", { name: /zero blocks\.1–2/ }).focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("region", { name: /^KL\(baseline ‖ now\)/ })).toHaveCount(0);
  expect(await distribution(page)).toEqual(before);
});

test("edits act in the chain, the same without them stands beside, and no match is claimed", async ({
  page,
}) => {
  await openPlayground(page);
  await expect(page.getByText(/^live · matches the recording/)).toBeVisible();
  await page.keyboard.press("e");
  const form = page.getByRole("form", { name: "New edit" });
  await form.getByRole("combobox", { name: /^edit/ }).selectOption({ label: "scale" });
  await form.getByLabel("layers").fill("1");
  await form.getByLabel("heads").fill("");
  await form.getByLabel("factor").fill("0");
  await page.keyboard.press("Enter");
  const beside = page.getByLabel("Without the edits");
  await expect(beside).toBeVisible();
  await expect(beside).toContainText(/the edits change it by [−+]\d/);
  await expect(page.getByText(/matches the recording/)).toHaveCount(0);
  await expect(page.getByText(/scale blocks\.1 attn\.z .* · absent steps: delete/).first()).toBeVisible();
  await page.getByRole("button", { name: /^Shapley values/ }).click();
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const column = (name: RegExp) => page.getByRole("columnheader", { name });
  await expect(column(/φ without the edits/)).toBeVisible();
  // The row of the edit is switched off: its numbers are those without, and the recording's again.
  await page.getByRole("checkbox", { name: /scale blocks\.1/ }).uncheck();
  await expect(beside).toHaveCount(0);
});

test("text is written with and without the edits, and where they part is marked", async ({ page }) => {
  await openPlayground(page);
  await showNextToken(page);
  await page.keyboard.press("e");
  await page.getByRole("combobox", { name: /^edit/ }).selectOption({ label: "scale" });
  await page.getByLabel("layers").fill("1");
  await page.getByLabel("heads").fill("");
  await page.getByLabel("factor").fill("0");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Write both" }).click();
  await expect(page.getByText(/^The texts differ from token \d+ on\.$/)).toBeVisible({ timeout: 120_000 });
  await expect(page.locator(".apart")).toHaveCount(2);
});

test("the editor of every kind is free of axe violations", async ({ page }) => {
  await openPlayground(page);
  await page.keyboard.press("e");
  const kind = page.getByRole("combobox", { name: /^edit/ });
  for (const value of [
    "zero",
    "mean",
    "resample",
    "patch",
    "scale",
    "add",
    "knockOut",
    "mask",
    "score",
    "token",
    "freeze",
  ]) {
    await kind.selectOption(value);
    const { violations } = await new AxeBuilder({ page }).include("form").analyze();
    expect(violations, value).toEqual([]);
  }
});
