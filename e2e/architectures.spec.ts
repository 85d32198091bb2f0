/** Every architecture through the page: its files dropped, its logits equal to the golden run, on both devices. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { chooseWebGpu, dropFiles, openPlayground } from "./playground";

const GOLDEN = "src/engine/models/golden";

/** The tokens of a golden run and the logits that it recorded. */
function golden(folder: string): { tokens: number[]; logits: number[] } {
  const bytes = readFileSync(`${GOLDEN}/${folder}/golden.safetensors`);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString()) as {
    __metadata__: { tokens: string };
    logits: { dtype: string; data_offsets: [number, number] };
  };
  expect(header.logits.dtype).toBe("F32");
  const [from, to] = header.logits.data_offsets;
  const logits = Array.from({ length: (to - from) / 4 }, (_, i) => bytes.readFloatLE(start + from + 4 * i));
  return { tokens: JSON.parse(header.__metadata__.tokens) as number[], logits };
}

for (const folder of readdirSync(GOLDEN)) {
  test(`${folder} dropped on the page gives the golden logits`, async ({ page }, { project }) => {
    await openPlayground(page);
    const { tokens, logits } = golden(folder);
    const names = readdirSync(`${GOLDEN}/${folder}`).filter((name) => !name.startsWith("golden"));
    await dropFiles(
      page,
      names.map((name) => ({ name, bytes: readFileSync(`${GOLDEN}/${folder}/${name}`) })),
    );
    await expect(page.getByText(/token ids only/).first()).toBeVisible();
    if (project.name === "software-webgpu") await chooseWebGpu(page);
    const got = await page.evaluate(async (ids) => {
      const { captures } = await window.vitrine.run({ rows: [{ tokens: ids }], capture: ["logits"] });
      return Array.from(captures[0]?.data ?? []);
    }, tokens);
    expect(got).toHaveLength(logits.length);
    const worst = Math.max(...logits.map((value, i) => Math.abs(value - (got[i] ?? NaN))));
    expect(worst).toBeLessThan(1e-4);
  });
}
