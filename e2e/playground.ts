/** What the e2e tests share: opening the page, reading its numbers. */
import { expect, type Page } from "@playwright/test";
import type { EngineApi } from "../src/protocol/api";

declare global {
  interface Window {
    vitrine: EngineApi;
  }
}

/** Opens the playground and waits until the recorded example was recomputed. */
export async function openPlayground(page: Page, hash = ""): Promise<void> {
  await page.goto(`./${hash}`);
  await expect(page.getByText(/^live · /)).toBeVisible();
}

/** In the project with a software adapter: asks for WebGPU, which the automatic choice would not take. */
export async function chooseWebGpu(page: Page): Promise<void> {
  await page.getByTitle("Device", { exact: true }).click();
  await page.getByRole("button", { name: "WebGPU", exact: true }).click();
  await expect(page.getByTitle("Device", { exact: true })).toContainText("WebGPU ·");
  await page.keyboard.press("Escape");
  // The numbers are computed again there; what is measured next begins after that.
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

/** Lets go of files over the page. */
export async function dropFiles(
  page: Page,
  files: readonly { readonly name: string; readonly bytes: Buffer }[],
): Promise<void> {
  const encoded = files.map(({ name, bytes }) => ({ name, base64: bytes.toString("base64") }));
  await page.evaluate((dropped) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of dropped) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name));
    }
    window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, encoded);
}

/** Numbers as the page writes them, with its minus sign. */
export function numberIn(text: string): number {
  return Number(text.replaceAll("−", "-").trim());
}

export async function shapleyValues(page: Page): Promise<number[]> {
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const steps = page.getByRole("table").filter({ hasText: "φ, nats" });
  const cells = await steps.locator("tbody tr td:nth-child(4)").allTextContents();
  await page.getByRole("button", { name: "Bars", exact: true }).click();
  return cells.map(numberIn);
}

export async function showExample(page: Page, title: string): Promise<void> {
  await page.getByTitle("Examples", { exact: true }).click();
  await page.getByRole("button", { name: title }).click();
}

export async function runShapley(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^(Shapley values|Recompute)$/ }).click();
  // On a software adapter this takes a while.
  await expect(page.getByText(/^exact over [\d,]+ coalitions of \d+ players · [\d,]+ tokens/)).toBeVisible({
    timeout: 180_000,
  });
}
