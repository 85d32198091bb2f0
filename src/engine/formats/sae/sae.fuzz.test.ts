/** Random bytes, truncated files and flipped bits: all open or are refused by a named error, and no reader crashes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../protocol/errors";
import { fileFromBytes, type FileSet } from "../bytes/source";
import { findSaes, openSae } from "./findSaes";
import type { SaeFile } from "./saeFile";
import { gemmaScope, json, NEW_CFG, oneOfEach, saeLens, SPARSIFY_CFG } from "./sae.samples";

const RUNS = 400;

function isNamed(error: unknown): boolean {
  return error instanceof Error && VITRINE_ERROR_NAMES.some((name) => name === error.name);
}

/** Reads all there is. */
async function readAll({ description, tensors }: SaeFile): Promise<void> {
  const { encoder, decoder, laterDecoder, skip, gate, ...vectors } = tensors;
  for (const matrix of [encoder, decoder, laterDecoder, skip]) {
    if (!matrix) continue;
    let rows = 0;
    for await (const slice of matrix.rows()) rows += slice.rows;
    expect(rows).toBe(matrix.shape[0]);
  }
  for (const vector of [...Object.values(vectors), ...Object.values(gate ?? {})]) {
    expect(await vector?.read()).toHaveLength(vector?.size ?? 0);
  }
  expect(description.nLatents).toBe(encoder.shape[0]);
}

/** How many opened. */
async function survive(files: FileSet): Promise<number> {
  const { saes, refused } = await findSaes(files);
  for (const { error } of refused) {
    expect(isNamed(error), String(error)).toBe(true);
    expect(error.message.length).toBeLessThan(2000);
  }
  for (const sae of saes) {
    await openSae(sae)
      .then(readAll)
      .catch((error: unknown) => {
        if (!isNamed(error)) throw error;
      });
  }
  return saes.length;
}

const NAMES = [
  "a/sae_weights.safetensors",
  "params.npz",
  "ae.pt",
  "autoencoders/8.pt",
  "cfg.json",
  "config.json",
  "x",
];

describe("never crashes", () => {
  it("on random bytes", async () => {
    const heads = [[], [0x50, 0x4b, 3, 4], [0x80, 2], [8, 0, 0, 0, 0, 0, 0, 0, 0x7b]];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...NAMES),
        fc.constantFrom(...heads),
        fc.uint8Array({ maxLength: 400 }),
        async (name, head, bytes) => {
          await survive([
            fileFromBytes(name, Uint8Array.from([...head, ...bytes])),
            json("a/cfg.json", NEW_CFG),
          ]);
        },
      ),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it("on files that are cut off or changed", async () => {
    const whole = await Promise.all(
      oneOfEach().map(async (file) => ({ name: file.name, bytes: await file.slice(0, file.size) })),
    );
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.boolean(),
        fc.nat(1 << 20),
        fc.array(fc.tuple(fc.nat(1 << 20), fc.nat(255)), { maxLength: 4 }),
        async (which, cut, length, flips) => {
          const files = whole.map(({ name, bytes }, i) => {
            if (i !== which) return fileFromBytes(name, bytes);
            const changed = cut ? bytes.slice(0, length % bytes.length) : bytes.slice();
            for (const [at, value] of flips) if (changed.length > 0) changed[at % changed.length] = value;
            return fileFromBytes(name, changed);
          });
          opened += await survive(files);
        },
      ),
      { numRuns: RUNS, seed: 2 },
    );
    // The other four are whole.
    expect(opened).toBeGreaterThanOrEqual(4 * RUNS);
  });

  it("on configs of any content", async () => {
    const keys = fc.constantFrom(
      ...["architecture", "d_in", "d_sae", "k", "normalize_activations", "activation_fn", "hook_name"],
      ...[
        "metadata",
        "apply_b_dec_to_input",
        "matryoshka_widths",
        "num_latents",
        "activation_fn_kwargs",
        "dtype",
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, fc.jsonValue()), async (changes) => {
        const [, weights] = saeLens(NEW_CFG);
        await survive([json("gpt2/blocks.8.hook_resid_pre/cfg.json", { ...NEW_CFG, ...changes }), weights!]);
        await survive([
          json("gpt2/blocks.8.hook_resid_pre/cfg.json", { ...SPARSIFY_CFG, ...changes }),
          weights!,
        ]);
      }),
      { numRuns: RUNS, seed: 3 },
    );
  });

  it("on deflated data that is damaged", async () => {
    const [file] = gemmaScope({ deflate: true });
    const bytes = await file!.slice(0, file!.size);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
        const changed = bytes.slice();
        changed[at] = value;
        await survive([fileFromBytes("params.npz", changed)]);
      }),
      { numRuns: RUNS, seed: 4 },
    );
  });
});
