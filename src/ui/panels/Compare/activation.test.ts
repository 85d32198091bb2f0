/** Against a small engine that holds whole tensors: what is read, and that everything is let go of. */
import { expect, it } from "vitest";
import type { TensorRef, TensorWindow } from "../../../protocol/analysis";
import { TEST_MODEL } from "../../state/testEngine";
import { differenceOf } from "./activation";
import { basisNote, basisWords } from "./bases";
import type { Pair } from "./align";
import type { Aligned } from "./compared";
import type { Side } from "./sides";

const side = (slot: "main" | "other", length: number): Side => ({
  ...{ slot, info: TEST_MODEL, edits: [], promptWords: "", isStrip: slot === "main" },
  source: { kind: "tokens", tokens: [] },
  tokens: Array.from({ length }, (_, id) => ({ id, text: `${id}`, special: false })),
});
const aligned = (lengths: readonly [number, number], pairs: readonly Pair[]): Aligned => ({
  left: side("main", lengths[0]),
  right: side("other", lengths[1]),
  ...{ columns: [], pairs, by: "token" },
});

/** Holds a tensor for each slot; each element is its index plus `offset`. */
function fake(
  shapes: { main: readonly number[]; other: readonly number[] },
  offset: { main: number; other: number },
) {
  const held = new Map<number, { ref: TensorRef; data: Float32Array }>();
  const released: number[] = [];
  return {
    released,
    async capture({ sites, model = "main" }: { sites: readonly string[]; model?: "main" | "other" }) {
      const shape = shapes[model];
      const size = shape.reduce((a, b) => a * b, 1);
      const ref = { id: held.size, prompt: 0, site: sites[0] ?? "", shape };
      held.set(ref.id, { ref, data: Float32Array.from({ length: size }, (_, i) => i + offset[model]) });
      return [ref];
    },
    async releaseTensors(ids: readonly number[]) {
      released.push(...ids);
    },
    async readTensor({ id, leading, rows, cols }: TensorWindow) {
      const { ref, data } = held.get(id) ?? {
        ref: { shape: [] as readonly number[] },
        data: new Float32Array(),
      };
      const rest = ref.shape.slice(leading.length + 1).reduce((a, b) => a * b, 1);
      const start = (leading[0] ?? 0) * (ref.shape[leading.length] ?? 1) * rest;
      const out: number[] = [];
      for (let row = rows[0]; row < rows[1]; row++)
        for (let col = cols[0]; col < cols[1]; col++) out.push(data[start + row * rest + col] ?? NaN);
      return {
        ...{ rows: rows[1] - rows[0], cols: cols[1] - cols[0], rowStep: 1, colStep: 1 },
        data: Float32Array.from(out),
      };
    },
  };
}

it("subtracts the rows of pairs", async () => {
  const engine = fake({ main: [3, 2], other: [2, 2] }, { main: 0, other: 100 });
  const pairs = [
    [0, 0],
    [2, 1],
  ] as const;
  const { rows, columns } = await differenceOf(engine, aligned([3, 2], pairs), "embed", undefined, "r");
  expect([...rows.values]).toEqual([-100, -100, -98, -98]);
  expect(columns).toBe("dimension");
  expect(engine.released).toEqual([0, 1]);
});

it("takes one head's columns, or all side by side", async () => {
  const engine = fake({ main: [2, 3, 2], other: [2, 3, 2] }, { main: 0, other: 0 });
  const pairs = [[0, 1]] as const;
  const one = await differenceOf(engine, aligned([2, 2], pairs), "blocks.0.attn.z", 2, "r");
  expect([...one.rows.values]).toEqual([-6, -6]);
  const all = await differenceOf(engine, aligned([2, 2], pairs), "blocks.0.attn.z", undefined, "r");
  expect([all.rows.values.length, all.heads]).toEqual([6, 3]);
});

it("subtracts patterns at aligned keys", async () => {
  const engine = fake({ main: [2, 3, 3], other: [2, 2, 2] }, { main: 0, other: 0 });
  const pairs = [
    [0, 0],
    [2, 1],
  ] as const;
  const { rows, columns } = await differenceOf(
    engine,
    aligned([3, 2], pairs),
    "blocks.0.attn.pattern",
    1,
    "r",
  );
  // Left, head 1: 9 + 3 query + key at 0 and 2; right, head 1: 4 + 2 query + key.
  expect([...rows.values]).toEqual([9 - 4, 11 - 5, 15 - 6, 17 - 7]);
  expect(columns).toBe("key");
});

it("says how alike two models arrange the tokens, and nothing of one model", async () => {
  const engine = fake({ main: [6, 2], other: [6, 2] }, { main: 0, other: 100 });
  const pairs = [0, 1, 2, 3, 4, 5].map((i): Pair => [i, i]);
  const one = aligned([6, 6], pairs);
  expect(await differenceOf(engine, one, "blocks.0.resid_post", undefined, "r")).not.toHaveProperty("cka");
  expect(basisNote({ aligned: one, site: "blocks.0.resid_post" })).toBeUndefined();

  const two = { ...one, right: { ...one.right, info: { ...TEST_MODEL, name: "b", sha256: "cd" } } };
  const found = await differenceOf(engine, two, "blocks.0.resid_post", undefined, "r");
  // The other's rows are these, shifted.
  expect(found.cka).toEqual({ value: expect.closeTo(1, 9), n: 6 });
  expect(basisNote(found)).toMatch(/ledger and b have other weights.*other bases.*keep their meaning: .*CKA/);
  expect(basisWords(found)).toEqual([
    "other weights: bases differ unless one model was trained from the other",
    "linear CKA 1.000, n = 6 tokens",
  ]);
  expect(basisNote({ aligned: two, site: "logits" })).toMatch(/the vocabulary is the same/);
  expect(basisNote({ aligned: two, site: "blocks.0.attn.pattern" })).toMatch(/no basis, but a head/);
});

it("leaves special tokens out of that", async () => {
  const engine = fake({ main: [6, 2], other: [6, 2] }, { main: 0, other: 0 });
  const one = aligned(
    [6, 6],
    [0, 1, 2, 3, 4, 5].map((i): Pair => [i, i]),
  );
  const tokens = one.left.tokens.map((token, i) => ({ ...token, special: i === 0 }));
  const two = { ...one, left: { ...one.left, tokens, info: { ...TEST_MODEL, sha256: "cd" } } };
  expect((await differenceOf(engine, two, "embed", undefined, "r")).cka?.n).toBe(5);
});

it("refuses sites of different widths and lets go of both tensors", async () => {
  const engine = fake({ main: [2, 2], other: [2, 3] }, { main: 0, other: 0 });
  await expect(differenceOf(engine, aligned([2, 2], [[0, 0]]), "embed", undefined, "r")).rejects.toThrow(
    "embed is 2 wide on the left and 3 on the right",
  );
  expect(engine.released).toEqual([0, 1]);
});
