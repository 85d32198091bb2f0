/** Every architecture through the page: its files dropped, its logits equal to the golden run, on both devices. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test, type Locator } from "@playwright/test";
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

/** Of the model that is open; while another is loading it is still the one before. */
const hashIn = async (chip: Locator) => /[0-9a-f]{4}…/.exec((await chip.textContent()) ?? "")?.[0];

/** Models that one page opens one after the other: opening the page takes longer than they do. */
const AT_ONCE = 8;
const FOLDERS = readdirSync(GOLDEN);

for (let first = 0; first < FOLDERS.length; first += AT_ONCE) {
  const folders = FOLDERS.slice(first, first + AT_ONCE);
  const title = `${folders.join(", ")} dropped on the page give the golden logits`;
  // On WebGPU every site of every folder is compared by golden.gpu.test.ts: here one group stands for the way there.
  test(title, { tag: first === 0 ? ["@webgpu"] : [] }, async ({ page }, { project }) => {
    await openPlayground(page);
    if (project.name === "software-webgpu") await chooseWebGpu(page);
    const chip = page.getByTitle("Model", { exact: true });
    for (const folder of folders) {
      const before = await hashIn(chip);
      const { tokens, logits } = golden(folder);
      const names = readdirSync(`${GOLDEN}/${folder}`).filter((name) => !name.startsWith("golden"));
      await dropFiles(
        page,
        names.map((name) => ({ name, bytes: readFileSync(`${GOLDEN}/${folder}/${name}`) })),
      );
      await expect.poll(() => hashIn(chip), folder).not.toBe(before);
      const got = await page.evaluate(async (ids) => {
        const { captures } = await window.vitrine.run({ rows: [{ tokens: ids }], capture: ["logits"] });
        return Array.from(captures[0]?.data ?? []);
      }, tokens);
      expect(got, folder).toHaveLength(logits.length);
      const worst = Math.max(...logits.map((value, i) => Math.abs(value - (got[i] ?? NaN))));
      expect(worst, folder).toBeLessThan(1e-4);
    }
  });
}
