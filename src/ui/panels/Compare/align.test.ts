import { describe, expect, it } from "vitest";
import { alignByPosition, alignByToken, pairsOf, type Column } from "./align";

const words = (text: string) => text.split(" ").filter(Boolean);
/** Both rows as words, a gap as a dash. */
const shown = (left: string, right: string, columns: readonly Column[] = []) => {
  const row = (side: "left" | "right", text: string) =>
    columns.map((column) => words(text)[column[side] ?? -1] ?? "-").join(" ");
  return [row("left", left), row("right", right)];
};
const byToken = (left: string, right: string) =>
  shown(left, right, alignByToken(words(left), words(right)) ?? []);

describe("by position", () => {
  it("pairs equal indices and leaves the longer text alone at its end", () => {
    expect(pairsOf(alignByPosition(2, 3))).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(alignByPosition(2, 3)[2]).toEqual({ right: 2 });
    expect(alignByPosition(0, 0)).toEqual([]);
  });
});

describe("by token", () => {
  it("leaves gaps where a word was put in, taken out, or changed", () => {
    expect(byToken("a b c d", "a b x c d")).toEqual(["a b - c d", "a b x c d"]);
    expect(byToken("a b c d", "a d")).toEqual(["a b c d", "a - - d"]);
    expect(byToken("a b d", "a c d")).toEqual(["a b - d", "a - c d"]);
    expect(byToken("", "a b")).toEqual(["- -", "a b"]);
    expect(byToken("a b", "")).toEqual(["a b", "- -"]);
  });

  it("takes equal texts whole, repeated tokens too", () => {
    expect(byToken("a a a", "a a a")).toEqual(["a a a", "a a a"]);
    expect(byToken("a a", "a a a")).toEqual(["a a -", "a a a"]);
  });

  it("is as long as the longest common subsequence, in order, and misses no token", () => {
    // A plain recursion without a table is the slow version.
    const slow = (a: readonly number[], b: readonly number[]): number => {
      const [x, ...as] = a;
      const [y, ...bs] = b;
      if (x === undefined || y === undefined) return 0;
      return x === y ? 1 + slow(as, bs) : Math.max(slow(as, b), slow(a, bs));
    };
    let seed = 1;
    const random = (n: number) => (seed = (seed * 48_271) % 0x7fffffff) % n;
    for (let round = 0; round < 60; round++) {
      const text = () => Array.from({ length: random(9) }, () => random(3));
      const [a, b] = [text(), text()];
      const columns = alignByToken(a, b) ?? [];
      const pairs = pairsOf(columns);
      expect(pairs).toHaveLength(slow(a, b));
      for (const [left, right] of pairs) expect(a[left]).toBe(b[right]);
      expect(columns.flatMap(({ left }) => left ?? [])).toEqual(a.map((_, i) => i));
      expect(columns.flatMap(({ right }) => right ?? [])).toEqual(b.map((_, i) => i));
    }
  });

  it("gives up on what would take too much memory, not on long equal texts", () => {
    const long = Array.from({ length: 20_000 }, (_, i) => i);
    expect(alignByToken(long, [...long].reverse())).toBeUndefined();
    expect(pairsOf(alignByToken(long, [...long, 7]) ?? [])).toHaveLength(20_000);
  });
});
