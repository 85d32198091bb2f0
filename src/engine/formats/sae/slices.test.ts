/** However large a file is, what is read of it at a time is bounded, in either order of its matrices. */
import { expect, it } from "vitest";
import type { ByteFile } from "../bytes/source";
import { readSae } from "./findSaes";
import { json, matrix, NEW_CFG, safetensors, vector } from "./sae.samples";

const [D_IN, LATENTS] = [40, 3000];
const SLICE_BYTES = 64 * 1024;

/** Notes the largest piece that is asked for. */
function watched(file: ByteFile): { readonly file: ByteFile; largest(): number; forget(): void } {
  let largest = 0;
  const slice = (start: number, end: number) => {
    largest = Math.max(largest, end - start);
    return file.slice(start, end);
  };
  return { file: { ...file, slice }, largest: () => largest, forget: () => (largest = 0) };
}

const value = (latent: number, column: number) => ((latent * 31 + column * 7) % 64) / 8;
const rows = (count: number, cols: number, at: (row: number, col: number) => number) =>
  Array.from({ length: count }, (_, r) => Array.from({ length: cols }, (_, c) => at(r, c)));

it.each([false, true])("reads rows by latent, in units of decoder norms: %s", async (rescaled) => {
  const { file, largest, forget } = watched(
    safetensors("a/sae_weights.safetensors", [
      matrix(
        "W_enc",
        rows(D_IN, LATENTS, (c, l) => value(l, c)),
      ),
      vector("b_enc", new Array<number>(LATENTS).fill(1)),
      matrix("W_dec", rows(LATENTS, D_IN, value)),
      vector("b_dec", new Array<number>(D_IN).fill(0)),
    ]),
  );
  const sizes = { architecture: "topk", k: 8, d_in: D_IN, d_sae: LATENTS };
  const cfg = { ...NEW_CFG, ...sizes, rescale_acts_by_decoder_norm: rescaled };
  const { tensors } = await readSae([file, json("a/cfg.json", cfg)]);
  forget();
  const norm = (latent: number) =>
    rescaled ? Math.sqrt(rows(1, D_IN, (_, c) => value(latent, c) ** 2)[0]!.reduce((a, b) => a + b)) : 1;
  for (const [name, factor] of [
    ["encoder", norm],
    ["decoder", (latent: number) => 1 / norm(latent)],
  ] as const) {
    let [seen, slices] = [0, 0];
    for await (const { firstRow, rows: count, data } of tensors[name].rows(SLICE_BYTES)) {
      expect(firstRow).toBe(seen);
      for (let r = 0; r < count; r += 97) {
        expect(data[r * D_IN + 3]).toBeCloseTo(value(firstRow + r, 3) * factor(firstRow + r), 3);
      }
      seen += count;
      slices++;
    }
    expect(seen).toBe(LATENTS);
    expect(slices).toBeGreaterThan(1);
  }
  // The norms are taken in slices of the usual size, larger than this file.
  if (!rescaled) expect(largest()).toBeLessThanOrEqual(SLICE_BYTES);
});
