/**
 * Devices: equal numbers on both, lean decoding, and a session that survives losing the GPU. The tests share a page: a
 * software adapter takes seconds to compile and to compute the first view, and none of them needs that anew.
 */
import { expect, test, type Page } from "@playwright/test";
import { chooseWebGpu, openPlayground } from "./playground";

let page: Page;
/** What the CPU device gives, read before WebGPU is chosen. */
let cpu: { readonly logits: readonly number[]; readonly text: readonly number[] };

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  await openPlayground(page);
  cpu = { logits: await logits(page), text: await seededText(page) };
  await chooseWebGpu(page);
});
test.afterAll(() => page.close());

async function logits(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const prompt = (document.querySelector("#prompt") as HTMLTextAreaElement).value;
    const tokens = (await window.vitrine.tokenize(prompt, true)).map(({ id }) => id);
    const { captures } = await window.vitrine.run({ rows: [{ tokens }], capture: ["logits"] });
    return Array.from(captures[0]?.data ?? []);
  });
}

/** Tokens that are drawn with a seed. */
async function seededText(page: Page): Promise<readonly number[]> {
  return page.evaluate(async () => {
    const prompt = (document.querySelector("#prompt") as HTMLTextAreaElement).value;
    const tokens = (await window.vitrine.tokenize(prompt, true)).map(({ id }) => id);
    const request = {
      tokens,
      maxTokens: 16,
      temperature: 1.5,
      topK: 20,
      topP: 0.95,
      seed: 11,
      stopIds: [],
    };
    return [...(await window.vitrine.generate(request, "seeded")).tokens];
  });
}

test("WebGPU and CPU give the same logits on ledger to 1e-3", { tag: "@webgpu" }, async () => {
  const gpu = await logits(page);
  expect(gpu).toHaveLength(cpu.logits.length);
  const worst = Math.max(...gpu.map((value, i) => Math.abs(value - (cpu.logits[i] ?? NaN))));
  console.log(`max logit difference, WebGPU (software adapter) against CPU: ${worst.toExponential(2)}`);
  expect(worst).toBeLessThanOrEqual(1e-3);
});

test(
  "a decoded token is one submit, creates nothing and reads back four bytes",
  { tag: "@webgpu" },
  async () => {
    const perToken = await page.evaluate(async () => {
      const { vitrine } = window;
      const prompt = (document.querySelector("#prompt") as HTMLTextAreaElement).value;
      const tokens = (await vitrine.tokenize(prompt, true)).map(({ id }) => id);
      const request = { tokens, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
      const counted = async (maxTokens: number) => {
        const before = await vitrine.counters();
        await vitrine.generate({ ...request, maxTokens }, "counted");
        const after = await vitrine.counters();
        return Object.fromEntries(
          Object.entries(after).map(([name, value]) => [name, value - before[name as keyof typeof before]]),
        );
      };
      const length = 8;
      for (let warmUp = 0; warmUp < 2; warmUp++) await counted(length);
      const total = await counted(length);
      return Object.fromEntries(Object.entries(total).map(([name, count]) => [name, count / length]));
    });
    console.log("per decoded token:", JSON.stringify(perToken));
    // The prompt's own pass, which gives the first token, is one submit, too.
    expect(perToken).toMatchObject({
      submits: 1,
      buffersCreated: 0,
      bindGroupsCreated: 0,
      pipelinesCreated: 0,
      readBacks: 1,
      bytesReadBack: 4,
    });
  },
);

test("the same seed writes the same text on both devices", { tag: "@webgpu" }, async () => {
  expect(await seededText(page)).toEqual(cpu.text);
});

test("every kernel agrees with its reference on this device", { tag: "@webgpu" }, async () => {
  await page.getByRole("link", { name: "Check this GPU" }).click();
  await page.getByRole("button", { name: "Run the check" }).click();
  // As many as there are: a check of nothing would agree, too.
  const summary = page.getByText(/([1-9]\d{2,}) of \1 cases agree/);
  await expect(summary).toBeVisible({ timeout: 180_000 });
  await expect(page.getByTitle("Device", { exact: true })).toContainText("WebGPU ·");
  await page.goBack();
  await expect(page.locator("#prompt")).toBeVisible();
});

test("a lost GPU is restored, with prompt, steps and numbers", { tag: "@webgpu" }, async () => {
  const prompt = await page.locator("#prompt").inputValue();
  await page.evaluate(() => window.vitrine.loseDevice());
  await expect(page.getByText(/^Restored on /)).toBeVisible();
  await expect(page.locator("#prompt")).toHaveValue(prompt);
  await page.getByRole("checkbox", { name: /^Step 1/ }).uncheck();
  await expect(page.getByText(/^Δ /)).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("work under way when the GPU is lost still finishes", { tag: "@webgpu" }, async () => {
  const made = await page.evaluate(async () => {
    const tokens = (await window.vitrine.tokenize("Ann has 3 apples .", true)).map(({ id }) => id);
    const request = { tokens, maxTokens: 12, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
    let isLost = false;
    // Lost as soon as the first token is there: eleven are still to come.
    const work = window.vitrine.generate(request, "interrupted", () => {
      if (!isLost) void window.vitrine.loseDevice();
      isLost = true;
    });
    const { tokens: written } = await work;
    return isLost ? written.length : "never lost";
  });
  expect(made).toBe(12);
});
