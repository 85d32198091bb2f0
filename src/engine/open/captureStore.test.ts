/** What the store holds, gives and refuses; files that leave it. */
import { describe, expect, it } from "vitest";
import { CaptureStore } from "./captureStore";
import { readSafetensorsHeader } from "../formats/safetensors";
import { fileFromBytes } from "../formats/bytes/source";
import { readZipDirectory } from "../formats/bytes/zip";

const tensor = (site: string, prompt = 0, size = 6) => ({
  ...{ prompt, site, shape: [2, size / 2] },
  data: Float32Array.from({ length: size }, (_, i) => i),
});

describe("CaptureStore", () => {
  it("gives tensors by id until they are released", () => {
    const store = new CaptureStore(1000, 1);
    const refs = store.put([tensor("embed"), tensor("blocks.0.resid_post", 1)]);
    expect(refs).toEqual([
      { id: 1, prompt: 0, site: "embed", shape: [2, 3] },
      { id: 2, prompt: 1, site: "blocks.0.resid_post", shape: [2, 3] },
    ]);
    expect(store.stats(2)).toMatchObject({ count: 6, mean: 2.5 });
    expect(store.stats(2)).toBe(store.stats(2));
    const all = { id: 1, leading: [], rows: [1, 2], cols: [0, 3], maxRows: 9, maxCols: 9 } as const;
    expect([...store.window(all).data]).toEqual([3, 4, 5]);
    store.release([1, 99, 1]);
    expect(store.heldBytes).toBe(24);
    expect(() => store.window(all)).toThrow("tensor 1 is not held any more");
    store.release([2]);
    expect(store.heldBytes).toBe(0);
  });

  it("takes differences of tensors of one shape", () => {
    const store = new CaptureStore(1000, 1);
    const changed = { ...tensor("embed"), data: Float32Array.of(0, 1, 2, 3, 4, 9) };
    store.put([changed, tensor("embed"), { ...tensor("embed"), shape: [3, 2] }]);
    expect(store.stats(1, 2)).toMatchObject({
      count: 6,
      max: 4,
      norm: 4,
      outliers: [{ at: [1, 2] }, {}, {}, {}, {}, {}],
    });
    expect(store.stats(1).max).toBe(9);
    const window = {
      id: 1,
      minus: 2,
      leading: [],
      rows: [0, 2],
      cols: [1, 3],
      maxRows: 9,
      maxCols: 1,
    } as const;
    expect([...store.window(window).data]).toEqual([0, 4]);
    expect(() => store.stats(1, 3)).toThrow("shapes [2, 3] and [3, 2]");
  });

  it("holds no more than its limit", () => {
    const store = new CaptureStore(100);
    expect(store.limited({ tensors: [], bytes: 400 })).toEqual({ tensors: [], bytes: 400, limitBytes: 100 });
    const refs = store.put([tensor("embed", 0, 20)]);
    expect(() => store.checkRoom(400)).toThrow(/at most .* are held. Choose fewer sites/);
    expect(() => store.put([tensor("embed")])).toThrow(/other captures hold .* Release some/);
    store.release(refs.map(({ id }) => id));
    expect(store.put([tensor("embed")])).toHaveLength(1);
  });

  it("writes files with hook names, and the prompt before them where there are several", async () => {
    const store = new CaptureStore(1000, 1);
    const refs = store.put([tensor("blocks.0.attn.scores"), tensor("embed"), tensor("embed", 2)]);
    const ids = refs.map(({ id }) => id);
    const names = async (chosen: readonly number[]) => {
      const bytes = await store.file(chosen, "safetensors", { model: "ledger" });
      const { tensors, metadata } = await readSafetensorsHeader(fileFromBytes("x.safetensors", bytes));
      expect(metadata["model"]).toBe("ledger");
      return tensors.map(({ name }) => name).sort();
    };
    expect(await names(ids.slice(0, 2))).toEqual(["blocks.0.attn.hook_attn_scores", "hook_embed"]);
    expect(await names(ids.slice(1))).toEqual(["prompt.0.hook_embed", "prompt.2.hook_embed"]);
    const npz = await readZipDirectory(fileFromBytes("x.npz", await store.file(ids.slice(0, 1), "npz", {})));
    expect([...npz.keys()].sort()).toEqual(["__metadata__.npy", "blocks.0.attn.hook_attn_scores.npy"]);
    await expect(store.file([1, 1], "npz", {})).rejects.toThrow("asked twice");
  });
});
