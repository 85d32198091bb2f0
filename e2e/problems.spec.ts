/** A file of problems with labels: dropped anywhere, stepped through, measured over. */
import { expect, test } from "@playwright/test";
import { dropFiles, openPlayground } from "./playground";

const row = (number: number, label: number) => ({
  id: `sum-${number}`,
  generator: "ledger",
  problem: `Ann has ${number} plums . Ann gets 4 plums . How many plums does Ann have ? Think :`,
  steps: [`Ann ${number} + 4 = ${number + 4} .`, `So \\boxed{ ${number + 4} }`],
  final_answer_correct: true,
  label,
});

test("a dropped set shows its labels beside the steps, and is measured", async ({ page }) => {
  await openPlayground(page);
  const text = [row(3, -1), row(5, 1)].map((one) => JSON.stringify(one)).join("\n");
  await dropFiles(page, [{ name: "sums.jsonl", bytes: Buffer.from(text) }]);
  await expect(page.getByText("sums.jsonl: 2 problems (ProcessBench).")).toBeVisible();
  const set = page.getByRole("group", { name: "Problem set sums.jsonl" });
  await expect(set).toContainText("of 2");
  await expect(page.getByText(/no step is wrong · its answer is right/)).toBeVisible();
  await set.getByRole("button", { name: "Next problem" }).click();
  await expect(set).toContainText("sum-5 (ledger)");
  await expect(page.getByText(/the first wrong step is 2/)).toBeVisible();
  await expect(page.getByText("first error", { exact: true })).toBeVisible();

  await page
    .getByRole("button", { name: "Faithfulness" })
    .or(page.getByRole("tab", { name: "Faithfulness" }))
    .first()
    .click();
  await page.getByRole("combobox", { name: "problems" }).selectOption("file");
  await page.getByRole("combobox", { name: "second model" }).selectOption("");
  await page.getByRole("button", { name: "Measure 2 problems" }).click();
  await expect(page.getByText(/the first 2 of 2 problems of sums.jsonl/).first()).toBeVisible({
    timeout: 60_000,
  });
});
